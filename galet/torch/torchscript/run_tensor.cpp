// Operators on tensors, in order: computed while importing where all is known, by libtorch itself; computed from shapes; converted by a row
// of script_ops.inc.
#include <torch/csrc/jit/ir/ir.h>
#include <torch/csrc/jit/runtime/operator.h>

#include <algorithm>
#include <array>

#include "galet/torch/torchscript/interpreter.h"
#include "galet/torch/torchscript/source_line.h"

namespace galet::torch {
namespace {

using ::torch::jit::Node;

/// Never run while importing, whatever their operands: files, and results that nobody wrote.
constexpr std::array<std::string_view, 8> kNeverComputed{"from_file", "save",          "empty",       "empty_like",
                                                         "new_empty", "empty_strided", "manual_seed", "seed"};

/// Operators whose result is as large as a list of sizes says.
int64_t elements_wanted(const std::vector<ScriptValue>& operands) {
  double most = 1;
  for (const ScriptValue& operand : operands) {
    double product = 1;
    if (const ScriptList* list = as_list(operand))
      for (const ScriptValue& item : list->items)
        if (const auto* n = std::get_if<int64_t>(&item)) product *= std::max(1.0, static_cast<double>(*n));
    if (const Ref tensor = as_tensor(operand)) product = static_cast<double>(std::max<int64_t>(1, count(tensor->type.shape)));
    most *= product;
  }
  return most > 1e18 ? INT64_MAX : static_cast<int64_t>(most);
}

bool makes_tensors(const Node& node) {
  return std::any_of(node.outputs().begin(), node.outputs().end(),
                     [](const auto* o) { return o->type()->kind() == c10::TypeKind::TensorType; });
}

std::string base_of(const std::string& kind) {
  if (kind.size() > 1 && kind.ends_with('_') && !kind.ends_with("__")) return kind.substr(0, kind.size() - 1);
  return kind;
}

}  // namespace

bool Interpreter::compute(Frame& frame, Node& node, const std::vector<ScriptValue>& operands, bool shapes_only) {
  const std::string kind = node.kind().toUnqualString();
  if (!(node.kind().is_aten() || node.kind().is_prim()) || node.maybeSchema() == nullptr) return false;
  if (std::find(kNeverComputed.begin(), kNeverComputed.end(), kind) != kNeverComputed.end()) return false;
  if (node.schema().is_mutable() || node.isNondeterministic() || node.hasSideEffects()) return false;
  if (!std::all_of(operands.begin(), operands.end(),
                   [&](const ScriptValue& v) { return shapes_only ? IValues::known_type(v) : IValues::known(v); }))
    return false;
  if (makes_tensors(node) && elements_wanted(operands) > kMostElements)
    fail("makes a constant of {} elements, at most {} are computed while importing", elements_wanted(operands), kMostElements);
  ::torch::jit::Stack stack;
  Ref only;  // the one constant that this is computed from: its name stays
  for (size_t i = 0; i < operands.size(); ++i) {
    const auto& arguments = node.schema().arguments();
    stack.push_back(ivalues_.to(operands[i], i < arguments.size() ? arguments[i].type() : node.input(i)->type(), shapes_only));
    if (const Ref tensor = as_tensor(operands[i])) only = only ? nullptr : tensor;
  }
  node.getOperation()(stack);
  std::vector<ScriptValue> results;
  for (const c10::IValue& value : stack) results.push_back(ivalues_.from(value, only && !shapes_only ? only->name : name_of(frame, node)));
  set(frame, node, std::move(results));
  return true;
}

void Interpreter::write_in_place(Node& node, const Ref& self, const ScriptValue& result, Frame& frame) {
  const Ref from = as_tensor(result);
  if (from->type.shape != self->type.shape)
    fail("changes the shape of a tensor in place from {} to {}", to_string(self->type.shape), to_string(from->type.shape));
  const Ref same = from->type.dtype == self->type.dtype
                       ? from
                       : builder_.emit("cast", from->name + ".cast", {from}, {{"to", std::string(to_string(self->type.dtype))}}).at(0);
  if (same != self) self->name = same->name, self->constant = same->constant, self->id = same->id;
  self->seen = ++*self->writes;
  if (!node.outputs().empty()) set(frame, node, {self});
}

void Interpreter::run_tensor(Frame& frame, Node& node, const std::vector<ScriptValue>& operands) {
  const std::string kind = node.kind().toUnqualString();
  const std::string base = base_of(kind);
  const ScriptOp* row = node.kind().is_aten() || node.kind().is_prim() ? find_script_op(base) : nullptr;
  if (std::any_of(operands.begin(), operands.end(), is_poisoned)) {
    if (row == nullptr && makes_tensors(node)) return refuse(frame, node, "");
    return set(frame, node, std::vector<ScriptValue>(node.outputs().size(), Poison{}));
  }
  if (compute(frame, node, operands, false)) return;
  if (row == nullptr) {
    static constexpr std::array<std::string_view, 9> kReads{"Bool",           "Int",        "Float", "item", "IntImplicit", "FloatImplicit",
                                                            "ScalarImplicit", "is_nonzero", "tolist"};
    if (std::find(kReads.begin(), kReads.end(), kind) != kReads.end())
      fail("reads a number that the network computes: what follows would depend on the image");
    if (node.kind().is_aten() && node.maybeSchema() != nullptr && node.isNondeterministic()) fail("gives random numbers");
    return refuse(frame, node, "");
  }
  if (row->type_only) {
    if (!compute(frame, node, operands, true)) fail("cannot be computed from shapes");
    return;
  }
  if (node.maybeSchema() != nullptr && node.schema().overload_name().find("out") != std::string::npos)
    fail("variants with out= are not supported");
  ScriptNode script(builder_, base, describe(node), frame.scope, frame.leaf, operands);
  if (row->convert != nullptr)
    row->convert(script);
  else
    script.finish(row->simple, {script.tensor(0)});
  std::vector<ScriptValue>& results = script.results();
  if (base != kind) {
    const Ref self = as_tensor(operands[0]);
    if (!self || results.empty() || !as_tensor(results[0])) fail("in place on what is no tensor");
    return write_in_place(node, self, results[0], frame);
  }
  if (row->view) {  // a new tensor object in the same memory
    const Ref self = as_tensor(operands[0]);
    auto share = [&](ScriptValue& value) {
      const Ref from = as_tensor(value);
      if (!from) return;
      auto view = std::make_shared<ScriptTensor>(*from);
      if (self) view->writes = self->writes, view->seen = self->seen;
      value = view;
    };
    for (ScriptValue& result : results) {
      if (const auto* list = std::get_if<std::shared_ptr<ScriptList>>(&result))
        std::for_each((*list)->items.begin(), (*list)->items.end(), share);
      else
        share(result);
    }
  }
  set(frame, node, std::move(results));
}

}  // namespace galet::torch
