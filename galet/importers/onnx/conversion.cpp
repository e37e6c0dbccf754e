#include "galet/importers/onnx/conversion.h"

#include <algorithm>

#include "galet/importers/onnx/node_import.h"
#include "galet/importers/onnx/node_name.h"
#include "galet/ir/check.h"
#include "galet/ops/ops.h"

namespace galet::importers {
namespace {

constexpr int64_t kFoldedBytes = int64_t{256} << 20;  // constants may be computed up to this, or four times the file
constexpr int64_t kFoldedMacs = int64_t{1} << 30;
constexpr int64_t kNewestOpset = 28;  // the newest that the node tests have been run with

OpCall call_of(const Op& op, const std::string& name, const Attributes& attributes, const std::vector<Ref>& refs) {
  std::vector<Operand> operands;
  for (const Ref& ref : refs) {
    if (ref)
      operands.push_back({true, {ref->constant.dtype(), ref->constant.shape()}, ref->constant});
    else
      operands.emplace_back();
  }
  return OpCall(op, name, attributes, std::move(operands));
}

void check_supported(const OnnxGraph& graph) {
  std::string list;
  size_t found = 0;
  for (const OnnxNode& node : graph.nodes) {
    const std::string why = refusal(node, graph);
    if (why.empty()) continue;
    ++found;
    list += (list.empty() ? "" : "; ") + describe(node) + (why == "unknown" ? "" : " (" + why + ")");
  }
  if (found > 0) fail("{} unsupported node{}: {}", found, found == 1 ? "" : "s", list);
}

}  // namespace

Conversion::Conversion(const OnnxModel& model, const OnnxImportOptions& options)
    : model_(model),
      options_(options),
      remarks_(model.remarks),
      scopes_(1),
      folded_limit_(std::max(kFoldedBytes, 4 * static_cast<int64_t>(model.bytes))) {}

OnnxImport Conversion::run() {
  const auto it = model_.opsets.find("");
  const int64_t opset = it == model_.opsets.end() ? 0 : it->second;
  if (it != model_.opsets.end() && opset < 7)
    fail("opset {}: galet reads opset 7 and newer; convert the file with onnx.version_converter.convert_version", opset);
  if (opset > kNewestOpset)
    remark("", "read",
           fmt::format("opset {} is newer than {}, the newest that galet knows: operators may have changed", opset, kNewestOpset));
  check_supported(model_.graph);
  collect_names(model_.graph);
  add_inputs();
  add_nodes(model_.graph);
  for (const std::string& name : model_.graph.outputs) graph_.add_output(materialize(find(name)));
  graph_.info.name = model_.graph.name;
  graph_.info.metadata["source"] = "onnx opset " + std::to_string(opset) + (model_.producer.empty() ? "" : ", " + model_.producer);
  read_metadata(model_.metadata, graph_.info);
  return {std::move(graph_), std::move(remarks_)};
}

void Conversion::collect_names(const OnnxGraph& graph) {
  for (const auto& [name, tensor] : graph.constants) names_.insert(name);
  for (const OnnxInput& input : graph.inputs) names_.insert(input.name);
  for (const OnnxNode& node : graph.nodes) {
    names_.insert(node.results.begin(), node.results.end());
    for (const auto& [attribute, branch] : node.graphs) collect_names(*branch);
  }
}

void Conversion::add_inputs() {
  graph_.dynamic_batch = false;
  for (const auto& [name, value] : options_.bind)
    if (std::none_of(model_.graph.inputs.begin(), model_.graph.inputs.end(),
                     [&, wanted = &name](const OnnxInput& i) { return i.name == *wanted; }))
      fail("there is no input \"{}\" to bind", name);
  std::string open;
  for (const OnnxInput& input : model_.graph.inputs) {
    auto value = std::make_shared<ImportValue>();
    value->name = input.name;
    if (const auto bound = options_.bind.find(input.name); bound != options_.bind.end()) {
      value->constant = bound->second;
    } else if (model_.graph.constants.contains(input.name)) {
      continue;
    } else {
      if (!input.refused.empty()) fail("input \"{}\" {}", input.name, input.refused);
      Shape shape = input.shape;
      if (const auto given = options_.input_shapes.find(input.name); given != options_.input_shapes.end()) {
        if (input.has_shape && given->second.size() != shape.size())
          fail("input \"{}\" has {} dimensions, the shape given for it is {}", input.name, shape.size(), to_string(given->second));
        for (size_t i = 0; i < shape.size(); ++i)
          if (shape[i] >= 0 && shape[i] != given->second[i])
            fail("input \"{}\" has extent {} in dimension {}, the shape given for it is {}", input.name, shape[i], i,
                 to_string(given->second));
        shape = given->second;
      } else if (!input.has_shape) {
        open += fmt::format("{}\"{}\" (shape unknown)", open.empty() ? "" : ", ", input.name);
        continue;
      }
      if (!shape.empty() && shape[0] == -1) {
        shape[0] = 1;
        graph_.dynamic_batch = true;
        remark(input.name, "batch taken as 1",
               input.symbols[0].empty() ? "the first dimension is open" : "the first dimension is \"" + input.symbols[0] + "\"");
      }
      bool complete = true;
      for (size_t i = 0; i < shape.size(); ++i) {
        if (shape[i] >= 0) continue;
        open += fmt::format("{}\"{}\" (dimension {}{})", open.empty() ? "" : ", ", input.name, i,
                            input.symbols[i].empty() ? "" : ", " + input.symbols[i]);
        complete = false;
      }
      if (!complete) continue;
      value->id = graph_.add_input(input.name, input.dtype, std::move(shape));
      value->sources = {input.name};
    }
    scopes_[0][input.name] = std::move(value);
  }
  if (!open.empty()) fail("open extents of inputs: {}; give their shapes", open);
}

void Conversion::add_nodes(const OnnxGraph& graph) {
  for (const auto& [name, tensor] : graph.constants) {
    if (scopes_.back().contains(name)) continue;  // bound
    auto value = std::make_shared<ImportValue>();
    value->name = name;
    value->constant = tensor;
    scopes_.back().emplace(name, std::move(value));
  }
  const std::vector<size_t> order =
      topological_order(graph, [&](const std::string& name) { return scopes_.size() > 1 && find(name) != nullptr; });
  for (const size_t i : order) convert_node(graph.nodes[i], i);
}

void Conversion::convert_node(const OnnxNode& node, size_t index) {
  const OnnxOp* op = find_onnx_op(node.domain, node.type);
  if (op == nullptr) fail("1 unsupported node: {}", describe(node));  // inside a branch
  NodeImport import(*this, node, *op, node_name(node, index, [&](const std::string& name) {
    const Ref value = find(name);
    return value && value->constant;
  }));
  op->convert(import);
  for (const std::string& name : node.results)
    if (!name.empty() && !find(name)) fail("{}: its result \"{}\" is not supported", describe(node), name);
}

std::vector<Ref> Conversion::convert_branch(const OnnxGraph& branch) {
  check_supported(branch);
  scopes_.emplace_back();
  add_nodes(branch);
  std::vector<Ref> outputs;
  for (const std::string& name : branch.outputs) outputs.push_back(find(name));
  scopes_.pop_back();
  return outputs;
}

Ref Conversion::find(const std::string& name) const {
  for (auto scope = scopes_.rbegin(); scope != scopes_.rend(); ++scope)
    if (const auto it = scope->find(name); it != scope->end()) return it->second;
  return nullptr;
}

void Conversion::define(const std::string& name, Ref value) { scopes_.back()[name] = std::move(value); }

Shape Conversion::shape_of(const Ref& value) const {
  if (value->dequantized) return shape_of(value->dequantized->codes);
  return value->constant ? value->constant.shape() : graph_.value(value->id).shape;
}

DType Conversion::dtype_of(const Ref& value) const {
  if (value->dequantized) return DType::f32;
  return value->constant ? value->constant.dtype() : graph_.value(value->id).dtype;
}

Tensor Conversion::known_value(const Ref& value) const {
  if (!value->dequantized) return value->constant;
  const Dequantized& parts = *value->dequantized;
  std::vector<Ref> operands{parts.codes, parts.scale};
  if (parts.zero_point) operands.push_back(parts.zero_point);
  std::vector<Tensor> tensors;
  for (const Ref& operand : operands) tensors.push_back(operand->constant);
  const Attributes attributes{{"axis", parts.axis}};
  return ops::get("dequantize").reference(call_of(ops::get("dequantize"), parts.node, attributes, operands), tensors).at(0);
}

ValueId Conversion::materialize(const Ref& value) {
  if (value->id.valid()) return value->id;
  if (!value->dequantized) return value->id = graph_.add_constant(value->name, value->constant);
  const Dequantized& parts = *value->dequantized;
  std::vector<ValueId> operands{materialize(parts.codes), materialize(parts.scale)};
  if (parts.zero_point) operands.push_back(materialize(parts.zero_point));
  const NodeId node = graph_.add_node(ops::get("dequantize"), parts.node, std::move(operands), {{"axis", parts.axis}}, {value->name});
  return value->id = graph_.result(node);
}

std::string Conversion::inner_name(const std::string& wanted) {
  std::string name = wanted;
  for (int i = 1; !names_.insert(name).second; ++i) name = wanted + "_" + std::to_string(i);
  return name;
}

void Conversion::remark(const std::string& node, std::string decision, std::string reason) {
  remarks_.push_back({"import_onnx", node, std::move(decision), std::move(reason), {}});
}

void Conversion::reserve(const Shape& shape, DType dtype) {
  folded_bytes_ += count(shape) * static_cast<int64_t>(size_of(dtype));
  if (folded_bytes_ > folded_limit_) fail("constants computed while importing exceed {} bytes", folded_limit_);
}

Ref Conversion::defer_dequantize(const OpCall& call, const std::vector<Ref>& operands, const std::string& result_name) {
  call.op.infer(call);
  auto result = std::make_shared<ImportValue>();
  result->name = result_name;
  const Ref zero_point = operands.size() > 2 ? operands[2] : nullptr;
  result->dequantized =
      std::make_shared<Dequantized>(Dequantized{std::string(call.node), operands[0], operands[1], zero_point, call.get_int("axis")});
  return result;
}

/// transpose and reshape of a dequantized constant move its codes, where its scales allow; nullptr otherwise.
Ref Conversion::move_dequantized(const Op& op, const std::string& name, const Ref& operand, const Attributes& attributes,
                                 const std::string& result_name) {
  if (!operand || !operand->dequantized || (op.name != "transpose" && op.name != "reshape")) return nullptr;
  Dequantized parts = *operand->dequantized;
  const Shape shape = shape_of(operand);
  const auto rank = static_cast<int64_t>(shape.size());
  const bool one_scale = count(shape_of(parts.scale)) == 1;
  if (parts.axis < 0) parts.axis += rank;
  const Ref codes = emit(op, name, {parts.codes}, attributes, {parts.codes->name}).at(0);
  if (one_scale) {
    parts.axis = 0;
  } else if (op.name == "transpose") {
    const Ints& perm = std::get<Ints>(attributes.at("perm"));
    parts.axis = std::find(perm.begin(), perm.end(), parts.axis) - perm.begin();
  } else if (parts.axis != 0 || shape_of(codes).empty() || shape_of(codes)[0] != shape[0]) {
    return nullptr;
  }
  auto result = std::make_shared<ImportValue>();
  result->name = result_name;
  parts.codes = codes;
  result->dequantized = std::make_shared<Dequantized>(std::move(parts));
  return result;
}

std::vector<Ref> Conversion::emit(const Op& op, const std::string& name, const std::vector<Ref>& given, Attributes attributes,
                                  const std::vector<std::string>& result_names) {
  std::vector<Ref> operands = given;
  while (!operands.empty() && !operands.back()) operands.pop_back();
  std::vector<Ref> results;
  bool fold = true;
  for (const Ref& operand : operands) fold = fold && (!operand || operand->constant);
  if (fold) {
    const OpCall call = call_of(op, name, attributes, operands);
    check_schema(call);
    if (op.name == "dequantize") return {defer_dequantize(call, operands, result_names.empty() ? name : result_names[0])};
    for (const TensorType& type : op.infer(call)) reserve(type.shape, type.dtype);
    if (op.macs == nullptr || op.macs(call) <= kFoldedMacs) {
      std::vector<Tensor> tensors;
      for (const Ref& operand : operands) tensors.push_back(operand ? operand->constant : Tensor());
      for (Tensor& tensor : op.reference(call, tensors)) {
        auto result = std::make_shared<ImportValue>();
        const size_t i = results.size();
        result->name = i < result_names.size() ? result_names[i] : inner_name(name + ":" + std::to_string(i));
        result->constant = std::move(tensor);
        results.push_back(std::move(result));
      }
      return results;
    }
  }
  if (operands.size() == 1)
    if (Ref moved = move_dequantized(op, name, operands[0], attributes, result_names.empty() ? name : result_names[0])) return {moved};
  std::vector<ValueId> ids;
  std::set<std::string> sources;
  for (const Ref& operand : operands) {
    ids.push_back(operand ? materialize(operand) : ValueId{});
    if (operand) sources.insert(operand->sources.begin(), operand->sources.end());
  }
  std::vector<std::string> names = result_names;
  const NodeId id = graph_.add_node(op, name, std::move(ids), std::move(attributes), std::move(names));
  for (const ValueId value : graph_.node(id).results) {
    auto result = std::make_shared<ImportValue>();
    result->name = graph_.value(value).name;
    result->id = value;
    result->sources.assign(sources.begin(), sources.end());
    results.push_back(std::move(result));
  }
  return results;
}

}  // namespace galet::importers
