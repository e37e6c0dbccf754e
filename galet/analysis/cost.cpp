#include "galet/analysis/cost.h"

#include <algorithm>
#include <set>

namespace galet::analysis {
namespace {

DType stored(const Value& value) {
  if (value.is_constant()) return value.constant.dtype();
  return value.quant && !value.quant->dynamic ? value.quant->storage : value.dtype;
}

int64_t bytes_of(const Value& value) { return count(value.shape) * static_cast<int64_t>(size_of(stored(value))); }

std::string precision_of(const Graph& graph, const Node& node) {
  const auto present = [&](size_t i) { return i < node.operands.size() && node.operands[i].valid(); };
  if (!present(0)) return {};
  const Value& src = graph.value(node.operands[0]);
  std::string text(src.quant && src.quant->dynamic ? "u8" : to_string(stored(src)));
  if (node.op->quant == QuantTrait::weighted && present(1)) {
    const std::string weight(to_string(stored(graph.value(node.operands[1]))));
    // A dynamic source only turns into codes for a reader with integer weights.
    return weight == "f32" ? "f32" : text + weight;
  }
  return src.quant && src.quant->dynamic ? "f32" : text;
}

}  // namespace

Cost cost(const Graph& graph) {
  Cost total;
  std::set<ValueId> counted;
  for (const NodeId id : graph.order()) {
    const Node& node = graph.node(id);
    LayerCost layer;
    layer.name = node.name;
    layer.op = node.op->name;
    layer.precision = precision_of(graph, node);
    if (!node.operands.empty() && node.operands[0].valid()) layer.src = graph.value(node.operands[0]).shape;
    if (!node.results.empty()) layer.dst = graph.value(node.results[0]).shape;
    if (node.op->macs != nullptr) layer.macs = node.op->macs(graph.call(id));
    int64_t moving = 0;
    for (const ValueId operand : node.operands) {
      if (!operand.valid()) continue;
      const Value& value = graph.value(operand);
      if (!value.is_constant()) {
        moving += bytes_of(value);
      } else if (counted.insert(operand).second) {
        layer.parameters += count(value.shape);
        layer.weight_bytes += bytes_of(value);
      }
    }
    for (const ValueId result : node.results) layer.activation_bytes += bytes_of(graph.value(result));
    total.parameters += layer.parameters;
    total.macs += layer.macs;
    total.weight_bytes += layer.weight_bytes;
    total.largest_activation_bytes = std::max(total.largest_activation_bytes, moving + layer.activation_bytes);
    total.layers.push_back(std::move(layer));
  }
  return total;
}

}  // namespace galet::analysis
