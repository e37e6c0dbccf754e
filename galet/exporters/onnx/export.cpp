// The graph in order: for each node, its operands as real numbers (dequantized where they are stored as codes), the node, its activation,
// and its results quantized again. ONNX Runtime turns each such group into one integer operator.
#include <algorithm>
#include <cmath>
#include <set>

#include "galet/core/file.h"
#include "galet/exporters/onnx/batch.h"
#include "galet/exporters/onnx/dynamic.h"
#include "galet/exporters/onnx/lower.h"
#include "galet/exporters/onnx/onnx.h"
#include "galet/ops/activation.h"

namespace galet::exporters {
namespace {

class Writer {
 public:
  Writer(const Graph& graph, OnnxModel& model, const BatchUse& batch)
      : graph_(graph), model_(model), batch_(batch), scribe_(model), values_(scribe_, graph), dynamic_(scribe_, graph) {}

  void write() {
    take_names();
    for (const ValueId id : graph_.inputs()) write_input(id);
    for (const NodeId id : graph_.order()) write_node(id);
    std::set<ValueId> written;
    for (const ValueId id : graph_.outputs()) write_output(id, !written.insert(id).second);
  }

 private:
  /// Names of inputs and outputs stay as they are, whatever else wants them.
  void take_names() {
    for (const ValueId id : graph_.inputs()) names_[id] = scribe_.name(graph_.value(id).name);
    for (const ValueId id : graph_.outputs())
      if (!names_.contains(id) && !graph_.value(id).is_constant()) names_[id] = scribe_.name(graph_.value(id).name);
  }

  OnnxPort port(ValueId id, const std::string& name) const {
    const Value& value = graph_.value(id);
    const bool batched = batch_.batched.contains(id) && !value.shape.empty();
    return {name, value.dtype, value.shape, !batched ? Batch::fixed : value.shape[0] == 1 ? Batch::symbol : Batch::open};
  }

  void write_input(ValueId id) {
    model_.inputs.push_back(port(id, names_.at(id)));
    if (is_coded(graph_.value(id))) quantize(id, names_.at(id), names_.at(id));
  }

  /// Quantizes, then picks the codes in use: limits between two quantizations where the spec or an activation has fewer than the storage,
  /// the nearest level of a codebook by table.
  void quantize(ValueId id, const std::string& real, const std::string& node, const OpCall* activation = nullptr) {
    const QuantSpec& spec = *graph_.value(id).quant;
    values_.quantize(id, real, node);
    if (spec.scales.size() == 1) {
      const ops::ActivationRange limits = activation != nullptr ? ops::activation_range(*activation) : ops::ActivationRange{};
      const CodeRange range = code_range(spec, limits.min, limits.max);
      if (!range.whole) {
        const std::string first = values_.dequantize(id);
        values_.quantize(id, limited(first, spec, range.low, range.high, activation != nullptr ? std::string(activation->node) : node),
                         node);
      }
    }
    if (!spec.levels.empty() && spec.storage == DType::u8) values_.find_levels(id, node);
  }

  std::string limited(const std::string& real, const QuantSpec& spec, int32_t low, int32_t high, const std::string& node) {
    const auto real_of = [&](int32_t code) { return Tensor::scalar(spec.scales[0] * static_cast<float>(code - spec.zero_points[0])); };
    return scribe_.make("Clip", node,
                        {real, scribe_.constant(node + "/min", real_of(low)), scribe_.constant(node + "/max", real_of(high))});
  }

  /// The operand as real numbers. Each reader of codes gets a DequantizeLinear of its own.
  std::string read(ValueId id) {
    if (!id.valid()) return {};
    const Value& value = graph_.value(id);
    if (is_coded(value)) return values_.dequantize(id);
    const auto it = names_.find(id);
    if (it != names_.end()) return it->second;
    return names_[id] = scribe_.constant(value.name, value.constant);
  }

  void write_node(NodeId id) {
    const Node& node = graph_.node(id);
    const OpCall call = graph_.call(id);
    const bool active = call.has_attribute("activation") && call.get_string("activation") != "none";
    std::vector<std::string> results;
    for (const ValueId result : node.results) results.push_back(real_name(result));
    std::vector<std::string> own = results;
    const bool apply = active && !(is_coded(graph_.value(node.results[0])) && !activation_before_quantize(node.results[0], call));
    if (apply) own[0] = scribe_.name(node.name + "/sum");
    if (dynamic_.applies(id)) {
      const std::string src = read(node.operands[0]), bias = node.operands.size() > 2 ? read(node.operands[2]) : "";
      dynamic_.write(id, src, bias, values_, own[0]);
    } else {
      std::vector<std::string> operands;
      for (const ValueId operand : node.operands) operands.push_back(read(operand));
      Translation t{scribe_, call, std::move(operands), own,
                    !node.operands.empty() && node.operands[0].valid() && batch_.batched.contains(node.operands[0])};
      translate(t);
    }
    if (apply) translate_activation(scribe_, call, own[0], results[0]);
    for (size_t i = 0; i < node.results.size(); ++i)
      if (is_coded(graph_.value(node.results[i]))) finish(node.results[i], results[i], active && !apply ? &call : nullptr);
  }

  /// Name of the result before it is quantized: the value's own where it is not.
  std::string real_name(ValueId id) {
    const Value& value = graph_.value(id);
    if (is_coded(value)) return scribe_.name(value.name + "_exact");
    const auto it = names_.find(id);
    return it != names_.end() ? it->second : names_[id] = scribe_.name(value.name);
  }

  /// ONNX Runtime fuses a convolution with what follows only if the activation says no more than the codes do: it then drops it.
  bool activation_before_quantize(ValueId result, const OpCall& call) const {
    const QuantSpec& spec = *graph_.value(result).quant;
    const ops::ActivationRange range = ops::activation_range(call);
    if (!code_range(spec, range.min, range.max).whole) return false;
    const auto real_of = [&](int32_t code) { return spec.scales[0] * static_cast<float>(code - spec.zero_points[0]); };
    return range.min <= real_of(spec.qmin) && range.max >= real_of(spec.qmax);
  }

  /// An activation that is still to be applied limits the codes.
  void finish(ValueId id, const std::string& real, const OpCall* activation) {
    quantize(id, real, graph_.value(id).name + "/quantize", activation);
  }

  void write_output(ValueId id, bool again) {
    const Value& value = graph_.value(id);
    const bool input = std::ranges::find(graph_.inputs(), id) != graph_.inputs().end();
    if (!again && !input && !value.is_constant()) {
      if (is_coded(value)) values_.dequantize(id, names_.at(id));
      model_.outputs.push_back(port(id, names_.at(id)));
      return;
    }
    const std::string name = scribe_.name(value.name + "_output");
    scribe_.add("Identity", name, {read(id)}, {name});
    model_.outputs.push_back(port(id, name));
  }

  const Graph& graph_;
  OnnxModel& model_;
  const BatchUse& batch_;
  Scribe scribe_;
  QuantizedValues values_;
  DynamicWriter dynamic_;
  std::map<ValueId, std::string> names_;  // of values as real numbers
};

/// The opset that all nodes have; a remark for the node that wants the most.
int64_t choose_opset(const Graph& graph, int64_t wanted, Remarks& remarks) {
  std::string missing, name;
  int64_t opset = wanted;
  for (const NodeId id : graph.order()) {
    const OpCall call = graph.call(id);
    const int64_t needed = opset_of(call);
    if (needed == 0) missing += fmt::format("{}{} \"{}\"", missing.empty() ? "" : ", ", call.op.name, call.node);
    if (needed > opset) opset = needed, name = fmt::format("{} \"{}\"", call.op.name, call.node);
  }
  if (!missing.empty()) fail("ONNX has no operator for these nodes: {}", missing);
  if (opset > wanted)
    remarks.push_back({"export_onnx",
                       name,
                       fmt::format("opset {}", opset),
                       "ONNX has this operator since then",
                       {{"opset", static_cast<double>(opset)}}});
  return opset;
}

}  // namespace

OnnxExport export_onnx(const Graph& graph, const std::string& path, const OnnxExportOptions& options) {
  if (options.opset < 13 || options.opset > 23) fail("opset {} is not within 13..23", options.opset);
  OnnxExport result;
  const Graph lowered = lower_for_onnx(graph);
  OnnxModel model;
  result.opset = model.opset = choose_opset(lowered, options.opset, result.remarks);
  BatchUse batch;
  if (graph.dynamic_batch) batch = follow_batch(lowered);
  if (!batch.obstacle.empty()) result.remarks.push_back({"export_onnx", batch.node, "batch of 1", batch.obstacle, {}});
  model.producer = options.producer;
  model.name = graph.info.name.empty() ? "network" : graph.info.name;
  model.metadata = onnx_metadata(graph.info);
  model.version = model.metadata.at("galet.version");
  Writer(lowered, model, batch).write();
  write_file(path, serialize(model));
  return result;
}

}  // namespace galet::exporters
