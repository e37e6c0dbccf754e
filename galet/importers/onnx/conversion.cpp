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

/// Quantized constants stay beside their scales: passes turn such pairs into facts.
bool keeps_quantization(const Op& op) { return op.name == "quantize" || op.name == "dequantize"; }

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

Shape Conversion::shape_of(const Ref& value) const { return value->constant ? value->constant.shape() : graph_.value(value->id).shape; }
DType Conversion::dtype_of(const Ref& value) const { return value->constant ? value->constant.dtype() : graph_.value(value->id).dtype; }

std::optional<Dequantized> Conversion::dequantized_constant(const Ref& value) const {
  if (!value->id.valid()) return std::nullopt;
  const NodeId producer = graph_.value(value->id).producer;
  if (!producer.valid() || graph_.node(producer).op->name != "dequantize") return std::nullopt;
  const auto ref = [&](size_t i) -> Ref {
    const Node& node = graph_.node(producer);
    if (i >= node.operands.size() || !node.operands[i].valid()) return nullptr;
    const Value& operand = graph_.value(node.operands[i]);
    auto result = std::make_shared<ImportValue>();
    result->name = operand.name;
    result->constant = operand.constant;
    result->id = node.operands[i];
    return result;
  };
  Dequantized parts{ref(0), ref(1), ref(2), graph_.call(producer).get_int("axis")};
  if (!parts.codes->constant) return std::nullopt;
  return parts;
}

ValueId Conversion::materialize(const Ref& value) {
  if (!value->id.valid()) value->id = graph_.add_constant(value->name, value->constant);
  return value->id;
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

std::vector<Ref> Conversion::emit(const Op& op, const std::string& name, const std::vector<Ref>& given, Attributes attributes,
                                  const std::vector<std::string>& result_names) {
  std::vector<Ref> operands = given;
  while (!operands.empty() && !operands.back()) operands.pop_back();
  std::vector<Ref> results;
  bool fold = !keeps_quantization(op);
  for (const Ref& operand : operands) fold = fold && (!operand || operand->constant);
  if (fold) {
    const OpCall call = call_of(op, name, attributes, operands);
    check_schema(call);
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
