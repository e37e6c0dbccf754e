#include "galet/runtime/computation.h"

#include <algorithm>
#include <cmath>

#include "galet/runtime/codes.h"

namespace galet::runtime {
namespace {

const Value* operand(const Graph& graph, const Node& node, size_t i) {
  return i < node.operands.size() && node.operands[i].valid() ? &graph.value(node.operands[i]) : nullptr;
}

Choice refuse(std::string reason) { return {Computation::real, std::move(reason), false}; }

/// Every operand and result has a u8 spec; otherwise the name of the first that has none.
std::string first_unspecified(const Graph& graph, const Node& node) {
  for (const ValueId id : node.operands)
    if (id.valid() && !affine_of(graph.value(id))) return graph.value(id).name;
  for (const ValueId id : node.results)
    if (!affine_of(graph.value(id))) return graph.value(id).name;
  return {};
}

/// An int32 bias is in units of s_src * s_weight[c]: scales that say otherwise mean another arithmetic.
bool bias_scales_fit(const QuantSpec& bias, float src_scale, const QuantSpec& weight) {
  for (size_t c = 0; c < bias.scales.size(); ++c) {
    const float expected = src_scale * weight.scales[weight.scales.size() == 1 ? 0 : std::min(c, weight.scales.size() - 1)];
    if (std::fabs(bias.scales[c] - expected) > 1e-4f * expected) return false;
  }
  return true;
}

Choice choose_weighted(const Graph& graph, const Node& node) {
  const Value* src = operand(graph, node, 0);
  const Value* weight = operand(graph, node, 1);
  const Value* bias = operand(graph, node, 2);
  if (src == nullptr || weight == nullptr || !src->quant) return refuse("its source has no quantization");
  if (!weight->is_constant() || !is_coded(*weight) || weight->quant->storage != DType::i8)
    return refuse("its weight is not an int8 constant");
  const QuantSpec& spec = *weight->quant;
  if (std::ranges::any_of(spec.zero_points, [](int32_t z) { return z != 0; })) return refuse("its weight has a zero point other than 0");
  if (spec.scales.size() != 1 && spec.axis != weight_channel_axis(node, weight->shape))
    return refuse("its weight's scales do not run along output channels");
  if (node.op->name == "matmul" && weight->shape.size() != 2) return refuse("its weight is a batch of matrices");
  if (is_dynamic(*src)) {
    if (bias != nullptr && !bias->is_constant()) return refuse("its bias is not constant");
    return {Computation::weighted_dynamic, {}, false};
  }
  const auto src_affine = affine_of(*src);
  if (!src_affine) return refuse("its source is not stored as u8 with one scale");
  if (bias != nullptr) {
    if (!bias->is_constant() || bias->constant.dtype() != DType::i32) return refuse("its bias is not an int32 constant");
    if (bias->quant && !bias_scales_fit(*bias->quant, src_affine->scale, spec))
      return refuse("its bias is not in units of source scale times weight scale");
  }
  const Value& dst = graph.value(node.results[0]);
  if (!is_coded(dst)) return {Computation::weighted_real, {}, false};
  if (!affine_of(dst)) return refuse("its result is not stored as u8 with one scale");
  return {Computation::weighted, {}, false};
}

Choice choose_rescaled(const Graph& graph, const Node& node, const OpCall& call) {
  Computation computation;
  const std::string_view name = node.op->name;
  if (name == "add" || name == "sub")
    computation = Computation::add;
  else if (name == "mul")
    computation = Computation::mul;
  else if (name == "concat")
    computation = Computation::concat;
  else if (name == "average_pool" || name == "global_average_pool")
    computation = Computation::average;
  else if (name == "resize")
    computation = call.get_string("mode") == "nearest" ? Computation::movement : Computation::linear_resize;
  else if (name == "reduce_mean") {
    if (call.rank(0) != 4 || call.get_ints("axes") != Ints{2, 3})
      return refuse("a mean over other axes than height and width has no integer form");
    computation = Computation::average;
  } else
    return refuse("it has no integer form");
  if (computation == Computation::average && call.rank(0) != 4) return refuse("only images (rank 4) have an integer average");
  if (const std::string missing = first_unspecified(graph, node); !missing.empty())
    return refuse("\"" + missing + "\" has no u8 quantization");
  return {computation, {}, false};
}

Choice choose_movement(const Graph& graph, const Node& node) {
  const Value* src = operand(graph, node, 0);
  if (src == nullptr || !affine_of(*src)) return refuse("its source is not stored as u8 with one scale");
  for (size_t i = 1; i < node.operands.size(); ++i) {
    const Value* other = operand(graph, node, i);
    if (other != nullptr && (other->quant || other->dtype == src->dtype)) return refuse("it combines several real operands");
  }
  for (const ValueId id : node.results)
    if (!affine_of(graph.value(id))) return refuse("\"" + graph.value(id).name + "\" has no u8 quantization");
  if (node.op->name == "cast" && graph.value(node.results[0]).dtype != src->dtype) return refuse("it changes the type");
  return {Computation::movement, {}, false};
}

}  // namespace

int weight_channel_axis(const Node& node, const Shape& weight) {
  if (node.op->name == "conv_transpose2d") return 1;
  return node.op->name == "matmul" ? static_cast<int>(weight.size()) - 1 : 0;
}

Choice choose_computation(const Graph& graph, NodeId id) {
  const Node& node = graph.node(id);
  bool quantized = false;
  for (const ValueId value : node.operands) quantized |= value.valid() && graph.value(value).quant.has_value();
  for (const ValueId value : node.results) quantized |= graph.value(value).quant.has_value();
  if (!quantized) return {};
  switch (node.op->quant) {
    case QuantTrait::none:
      return refuse("the operator has no integer form");
    case QuantTrait::weighted:
      return choose_weighted(graph, node);
    case QuantTrait::rescaled:
      return choose_rescaled(graph, node, graph.call(id));
    case QuantTrait::same_spec:
      return choose_movement(graph, node);
    case QuantTrait::table:
      break;
  }
  const Value* src = operand(graph, node, 0);
  if (node.operands.size() != 1 || !affine_of(*src) || !affine_of(graph.value(node.results[0])))
    return refuse("its source or its result has no u8 quantization");
  return {Computation::table, {}, false};
}

}  // namespace galet::runtime
