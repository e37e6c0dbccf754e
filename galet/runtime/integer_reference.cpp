#include "galet/runtime/integer_reference.h"

#include <algorithm>

#include "galet/kernels/reference/arithmetic.h"
#include "galet/runtime/codes.h"

namespace galet::runtime {
namespace {

std::vector<Tensor> real(const Graph& graph, NodeId id, std::span<const Tensor> operands) {
  const Node& node = graph.node(id);
  std::vector<Tensor> values(operands.begin(), operands.end());
  for (size_t i = 0; i < values.size(); ++i)
    if (values[i].defined() && is_coded(graph.value(node.operands[i])))
      values[i] = dequantize_tensor(values[i], *graph.value(node.operands[i]).quant);
  const OpCall call = graph.call(id);
  std::vector<Tensor> results = node.op->reference(call, values);
  for (size_t i = 0; i < results.size(); ++i)
    if (const Value& value = graph.value(node.results[i]); is_coded(value)) results[i] = quantize_tensor(results[i], *value.quant);
  return results;
}

std::vector<Tensor> compute(const Graph& graph, NodeId node, const Choice& choice, std::span<const Tensor> operands) {
  switch (choice.computation) {
    case Computation::real:
      break;
    case Computation::weighted:
    case Computation::weighted_real:
    case Computation::weighted_dynamic:
      return {reference::weighted(graph, node, choice, operands)};
    case Computation::add:
      return {reference::add(graph, node, choice, operands)};
    case Computation::mul:
      return {reference::mul(graph, node, choice, operands)};
    case Computation::concat:
      return {reference::concat(graph, node, operands)};
    case Computation::average:
      return {reference::average(graph, node, choice, operands)};
    case Computation::linear_resize:
      return {reference::linear_resize(graph, node, operands)};
    case Computation::table:
      return {reference::table(graph, node, operands)};
    case Computation::movement:
      return reference::movement(graph, node, operands);
  }
  return real(graph, node, operands);
}

}  // namespace

std::vector<Tensor> compute_reference(const Graph& graph, NodeId node, const Choice& choice, std::span<const Tensor> operands) {
  std::vector<Tensor> results = compute(graph, node, choice, operands);
  for (size_t i = 0; i < results.size() && i < graph.node(node).results.size(); ++i) {
    const auto affine = affine_of(graph.value(graph.node(node).results[i]));
    if (!affine || affine->levels.empty()) continue;
    const CodeTable nearest = level_table(affine->levels);  // a level stays what it is
    Tensor snapped(DType::u8, results[i].shape());
    std::ranges::transform(results[i].span<uint8_t>(), snapped.mutable_data<uint8_t>(), [&](uint8_t q) { return nearest[q]; });
    results[i] = std::move(snapped);
  }
  return results;
}

OpCall call_on_codes(const Graph& graph, NodeId id, std::span<const Tensor> operands, Attributes& attributes) {
  const Node& node = graph.node(id);
  attributes = node.attributes;
  const OpCall plain = graph.call(id);
  if (const auto affine = affine_of(graph.value(node.operands[0])))
    for (const char* name : {"value", "extrapolation"})
      if (plain.has_attribute(name)) attributes[name] = static_cast<float>(quantize_real(plain.get_float(name), *affine));
  std::vector<Operand> types = plain.operands;
  for (size_t i = 0; i < types.size(); ++i)
    if (types[i].present) types[i].type.dtype = operands[i].dtype();
  return OpCall(*node.op, node.name, attributes, std::move(types));
}

std::vector<float> weighted_multipliers(const QuantSpec& weight, int64_t channels, float src_scale, const float* dst_scale) {
  std::vector<float> multipliers(static_cast<size_t>(channels));
  for (size_t c = 0; c < multipliers.size(); ++c) {
    // Grouped transposed convolutions share the scales of a group's channels.
    const float product = src_scale * weight.scales[c % weight.scales.size()];
    multipliers[c] = dst_scale != nullptr ? product / *dst_scale : product;
  }
  return multipliers;
}

namespace reference {

uint8_t requantize(const Choice& choice, int32_t acc, float m, const Affine& to) {
  if (choice.fixed_point) return kernels::c99_fixed::galet_requantize(acc, kernels::c99_scale(m), to.zero_point, to.lo, to.hi);
  return kernels::requantize(acc, m, to.zero_point, to.lo, to.hi);
}

Tensor table(const Graph& graph, NodeId id, std::span<const Tensor> operands) {
  const Node& node = graph.node(id);
  const CodeTable codes = function_table(graph, id, *affine_of(graph.value(node.operands[0])), *affine_of(graph.value(node.results[0])));
  Tensor dst(DType::u8, operands[0].shape());
  std::ranges::transform(operands[0].span<uint8_t>(), dst.mutable_data<uint8_t>(), [&](uint8_t q) { return codes[q]; });
  return dst;
}

std::vector<Tensor> movement(const Graph& graph, NodeId id, std::span<const Tensor> operands) {
  const Node& node = graph.node(id);
  Attributes attributes;
  const OpCall call = call_on_codes(graph, id, operands, attributes);
  std::vector<Tensor> results;
  if (node.op->name == "cast")
    results = {operands[0]};
  else
    results = node.op->reference(call, operands);
  const Affine from = *affine_of(graph.value(node.operands[0]));
  for (size_t i = 0; i < results.size(); ++i) {
    const Affine to = *affine_of(graph.value(node.results[i]));
    if (to == from) continue;
    const CodeTable codes = rescale_table(from, to);
    uint8_t* dst = results[i].mutable_data<uint8_t>();
    for (int64_t k = 0; k < results[i].size(); ++k) dst[k] = codes[dst[k]];
  }
  return results;
}

Tensor concat(const Graph& graph, NodeId id, std::span<const Tensor> operands) {
  const Node& node = graph.node(id);
  const Affine to = *affine_of(graph.value(node.results[0]));
  std::vector<Tensor> rescaled(operands.begin(), operands.end());
  for (size_t i = 0; i < rescaled.size(); ++i) {
    const CodeTable codes = rescale_table(*affine_of(graph.value(node.operands[i])), to);
    uint8_t* dst = rescaled[i].mutable_data<uint8_t>();
    for (int64_t k = 0; k < rescaled[i].size(); ++k) dst[k] = codes[dst[k]];
  }
  Attributes attributes;
  return node.op->reference(call_on_codes(graph, id, rescaled, attributes), rescaled)[0];
}

}  // namespace reference
}  // namespace galet::runtime
