#include "galet/torch/torchscript/interpreter.h"

#include <fmt/ranges.h>
#include <torch/csrc/jit/api/function_impl.h>
#include <torch/csrc/jit/ir/ir.h>

#include <algorithm>

#include "galet/torch/torchscript/source_line.h"

namespace galet::torch {
namespace {

using ::torch::jit::Block;
using ::torch::jit::Node;

constexpr int64_t kMostSteps = 1'000'000;
constexpr int kDeepest = 200;
constexpr size_t kListed = 50;

/// What ends the reading at once: limits, and exceptions that the program itself raises.
class Stop : public Error {
 public:
  using Error::Error;
};

}  // namespace

ScriptValue Interpreter::run(const ::torch::jit::Module& module, std::vector<ScriptValue> inputs) {
  inputs.insert(inputs.begin(), std::make_shared<ScriptObject>(ScriptObject{module._ivalue(), ""}));
  ScriptValue result = call(module.get_method("forward").function(), std::move(inputs), "");
  if (!refused_.empty()) {
    std::vector<std::string> shown = refused_;
    if (shown.size() > kListed) shown.resize(kListed), shown.push_back(fmt::format("and {} more", refused_.size() - kListed));
    fail("{} operator{} cannot be imported: {}", refused_.size(), refused_.size() == 1 ? "" : "s", fmt::join(shown, "; "));
  }
  return result;
}

ScriptValue Interpreter::call(::torch::jit::Function& function, std::vector<ScriptValue> arguments, const std::string& scope) {
  auto* code = ::torch::jit::tryToGraphFunction(function);
  if (code == nullptr) throw Stop(fmt::format("{} is not TorchScript code", function.qualname().qualifiedName()));
  if (++depth_ > kDeepest) throw Stop(fmt::format("calls are nested more than {} deep", kDeepest));
  code->ensure_defined();
  const auto graph = code->graph();
  if (graph->inputs().size() != arguments.size())
    throw Stop(fmt::format("{} takes {} arguments, {} are given", function.name(), graph->inputs().size() - 1, arguments.size() - 1));
  Frame frame;
  frame.scope = scope;
  if (const auto* self = arguments.empty() ? nullptr : std::get_if<std::shared_ptr<ScriptObject>>(&arguments[0]);
      self != nullptr && (*self)->value.isModule())
    frame.leaf = (*self)->value.toModule().children().size() == 0;
  for (size_t i = 0; i < arguments.size(); ++i) frame.values[graph->inputs()[i]] = std::move(arguments[i]);
  run_block(frame, *graph->block());
  --depth_;
  if (graph->outputs().size() != 1) throw Stop(fmt::format("{} gives {} values", function.name(), graph->outputs().size()));
  return frame.values.at(graph->outputs()[0]);
}

void Interpreter::run_block(Frame& frame, Block& block) {
  for (Node* node : block.nodes()) {
    if (++steps_ > kMostSteps) throw Stop(fmt::format("the program takes more than {} steps", kMostSteps));
    run_node(frame, *node);
  }
}

void Interpreter::run_node(Frame& frame, Node& node) {
  std::vector<ScriptValue> operands;
  for (const auto* input : node.inputs()) operands.push_back(frame.values.at(input));
  try {
    if (run_control(frame, node, operands) || run_object(frame, node, operands) || run_container(frame, node, operands)) return;
    run_tensor(frame, node, operands);
  } catch (const Stop&) {
    throw;
  } catch (const Error& error) {
    refuse(frame, node, error.what());
  } catch (const std::exception& error) {
    refuse(frame, node, first_line(error.what()));
  }
}

void Interpreter::refuse(Frame& frame, Node& node, const std::string& why) {
  const std::string where = describe(node);
  const std::string text = why.empty() ? where : why.starts_with(where) ? why : where + ": " + why;
  if (std::find(refused_.begin(), refused_.end(), text) == refused_.end()) refused_.push_back(text);
  set(frame, node, std::vector<ScriptValue>(node.outputs().size(), Poison{}));
}

void Interpreter::set(Frame& frame, const Node& node, std::vector<ScriptValue> results) {
  if (results.size() < node.outputs().size())
    throw Stop(fmt::format("{} gives {} results, expected {}", describe(node), results.size(), node.outputs().size()));
  for (size_t i = 0; i < node.outputs().size(); ++i) frame.values[node.outputs()[i]] = std::move(results[i]);
}

std::string Interpreter::name_of(const Frame& frame, const Node& node) const {
  std::string name = node.outputs().empty() ? "value" : node.output(0)->debugName();
  if (name.find_first_not_of("0123456789") == std::string::npos) name = "constant." + name;
  return frame.scope.empty() ? name : frame.scope + "." + name;
}

bool Interpreter::run_control(Frame& frame, Node& node, const std::vector<ScriptValue>& operands) {
  switch (node.kind()) {
    case c10::prim::Constant:
      if (node.output()->type()->cast<c10::FunctionType>() != nullptr)
        set(frame, node, {ScriptValue{}});  // CallFunction finds it through the node
      else
        set(frame, node, {ivalues_.from(*::torch::jit::toIValue(node.output()), name_of(frame, node))});
      return true;
    case c10::prim::If:
      run_if(frame, node, operands[0]);
      return true;
    case c10::prim::Loop:
      run_loop(frame, node, operands);
      return true;
    case c10::prim::CallMethod: {
      const auto* object = std::get_if<std::shared_ptr<ScriptObject>>(&operands[0]);
      if (object == nullptr || !(*object)->value.isObject()) fail("calls a method of what is no module");
      auto* method = (*object)->value.toObjectRef().type()->findMethod(node.s(c10::attr::name));
      if (method == nullptr) fail("calls the method \"{}\", which is not there", node.s(c10::attr::name));
      set(frame, node, {call(*method, operands, (*object)->path)});
      return true;
    }
    case c10::prim::CallFunction: {
      const auto type = node.input(0)->type()->cast<c10::FunctionType>();
      if (!type) fail("calls a value");
      set(frame, node, {call(*type->function(), {operands.begin() + 1, operands.end()}, frame.scope)});
      return true;
    }
    case c10::prim::RaiseException: {
      const auto* text = std::get_if<std::string>(&operands[0]);
      throw Stop(
          fmt::format("{}: the program raises an exception for this input: {}", describe(node), text != nullptr ? first_line(*text) : ""));
    }
    case c10::prim::Print:
    case c10::aten::warn:
      return true;
    case c10::prim::Uninitialized:
      set(frame, node, {ScriptValue{}});
      return true;
    case c10::prim::unchecked_cast:
    case c10::prim::unchecked_unwrap_optional:
    case c10::aten::_unwrap_optional:
      set(frame, node, {operands[0]});
      return true;
    default:
      return false;
  }
}

void Interpreter::run_if(Frame& frame, Node& node, const ScriptValue& condition) {
  const auto* chosen = std::get_if<bool>(&condition);
  if (chosen == nullptr) {
    if (std::holds_alternative<Poison>(condition)) return set(frame, node, std::vector<ScriptValue>(node.outputs().size(), Poison{}));
    fail("a branch depends on what the network computes");
  }
  Block& block = *node.blocks()[*chosen ? 0 : 1];
  run_block(frame, block);
  std::vector<ScriptValue> results;
  for (const auto* output : block.outputs()) results.push_back(frame.values.at(output));
  set(frame, node, std::move(results));
}

void Interpreter::run_loop(Frame& frame, Node& node, const std::vector<ScriptValue>& operands) {
  const auto* most = std::get_if<int64_t>(&operands[0]);
  const auto* go_on = std::get_if<bool>(&operands[1]);
  if (most == nullptr || go_on == nullptr) {
    if (is_poisoned(operands[0]) || is_poisoned(operands[1]))
      return set(frame, node, std::vector<ScriptValue>(node.outputs().size(), Poison{}));
    fail("the length of a loop depends on what the network computes");
  }
  Block& block = *node.blocks()[0];
  std::vector<ScriptValue> carried(operands.begin() + 2, operands.end());
  bool running = *go_on;
  for (int64_t i = 0; i < *most && running; ++i) {
    frame.values[block.inputs()[0]] = i;
    for (size_t k = 0; k < carried.size(); ++k) frame.values[block.inputs()[k + 1]] = carried[k];
    run_block(frame, block);
    const ScriptValue& condition = frame.values.at(block.outputs()[0]);
    if (!std::holds_alternative<bool>(condition)) {
      if (is_poisoned(condition)) return set(frame, node, std::vector<ScriptValue>(node.outputs().size(), Poison{}));
      fail("the length of a loop depends on what the network computes");
    }
    running = std::get<bool>(condition);
    for (size_t k = 0; k < carried.size(); ++k) carried[k] = frame.values.at(block.outputs()[k + 1]);
  }
  set(frame, node, std::move(carried));
}

bool Interpreter::run_object(Frame& frame, Node& node, const std::vector<ScriptValue>& operands) {
  if (node.kind() == c10::prim::GetAttr) {
    const auto* object = std::get_if<std::shared_ptr<ScriptObject>>(&operands[0]);
    if (object == nullptr || !(*object)->value.isObject()) fail("reads an attribute of what is no module");
    const std::string& attribute = node.s(c10::attr::name);
    const std::string path = (*object)->path.empty() ? attribute : (*object)->path + "." + attribute;
    set(frame, node, {ivalues_.from((*object)->value.toObjectRef().getAttr(attribute), path)});
    return true;
  }
  if (node.kind() == c10::prim::SetAttr)
    fail("writes to the module's attribute \"{}\": a network has no state that lasts", node.s(c10::attr::name));
  return false;
}

}  // namespace galet::torch
