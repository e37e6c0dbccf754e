#include "galet/prune/coded_layer.h"

#include <algorithm>
#include <cmath>

#include "galet/prune/layers.h"
#include "galet/transform/edit.h"
#include "galet/transform/weighted.h"

namespace galet::prune {
namespace {

constexpr size_t kWeight = 1, kBias = 2;
constexpr double kMostCode = 2147483647.0;

bool has_bias(const Node& node) { return node.operands.size() > kBias && node.operands[kBias].valid(); }

/// Output channels lie along this axis of the weight.
int out_axis(const Node& node) { return node.op->name == "conv_transpose2d" ? 1 : 0; }

bool has_fixed_scale(const Value& value) { return value.quant && !value.quant->dynamic; }

/// Sum of |code - zero point| of each output channel: how far the accumulator may be from the bias, for a source of one.
std::vector<double> sums_of(const Graph& graph, NodeId id, int64_t channels) {
  const Node& node = graph.node(id);
  const Value& weight = graph.value(node.operands[kWeight]);
  const int64_t inner = count(weight.shape, 2, weight.shape.size());
  const bool transposed = node.op->name == "conv_transpose2d";
  const int64_t group = transposed ? graph.call(id).get_int("group") : 1;
  const auto* codes = weight.constant.data<int8_t>();
  std::vector<double> sums(static_cast<size_t>(channels));
  for (int64_t i = 0; i < weight.constant.size(); ++i) {
    const int64_t a = i / (weight.shape[1] * inner), b = i / inner % weight.shape[1];
    const int64_t out = transposed ? a / (weight.shape[0] / group) * weight.shape[1] + b : a;
    sums[static_cast<size_t>(out)] += std::abs(static_cast<double>(codes[i]));
  }
  return sums;
}

/// bias[o] * scale[o] + shift[o], in codes of the source's scale times the weight's as they are now.
void change_coded_bias(Rewriter& rewriter, NodeId id, std::span<const double> scale, std::span<const double> shift) {
  const Graph& graph = rewriter.graph();
  const Node& node = graph.node(id);
  const QuantSpec src = *graph.value(node.operands[0]).quant, weights = *graph.value(node.operands[kWeight]).quant;
  const auto channels = static_cast<int64_t>(scale.size());
  const std::vector<double> sums = sums_of(graph, id, channels);
  Tensor codes(DType::i32, {channels});
  std::vector<float> old_scales(1, 1.0f);
  if (has_bias(node)) {
    const Value& bias = graph.value(node.operands[kBias]);
    codes = bias.constant;
    old_scales = bias.quant->scales;
  }
  QuantSpec spec{DType::i32, INT32_MIN, INT32_MAX, 0, {}, std::vector<int32_t>(scale.size(), 0), false};
  int32_t* to = codes.mutable_data<int32_t>();
  for (size_t c = 0; c < scale.size(); ++c) {
    spec.scales.push_back(src.scales[0] * weights.scales[c % weights.scales.size()]);
    const double real = to[c] * static_cast<double>(old_scales[c % old_scales.size()]) * scale[c] + shift[c];
    const double room = std::max(0.0, kMostCode - sums[c] * std::max(src.zero_points[0], 255 - src.zero_points[0]));
    to[c] = static_cast<int32_t>(std::clamp(std::nearbyint(real / static_cast<double>(spec.scales[c])), -room, room));
  }
  if (has_bias(node)) {
    rewriter.set_constant(node.operands[kBias], codes);
    rewriter.set_quant(node.operands[kBias], spec);
  } else {
    rewriter.set_operand(id, kBias, rewriter.quantized_constant(node.name + ".bias", codes, spec));
  }
}

/// The same where the source's scale is found image by image, so that the bias is added in float.
void change_real_bias(Rewriter& rewriter, NodeId id, std::span<const double> scale, std::span<const double> shift) {
  const Node& node = rewriter.graph().node(id);
  Tensor bias =
      has_bias(node) ? rewriter.graph().value(node.operands[kBias]).constant : Tensor(DType::f32, {static_cast<int64_t>(scale.size())});
  float* to = bias.mutable_data<float>();
  for (size_t c = 0; c < scale.size(); ++c) to[c] = static_cast<float>(static_cast<double>(to[c]) * scale[c] + shift[c]);
  if (has_bias(node))
    rewriter.set_constant(node.operands[kBias], std::move(bias));
  else
    rewriter.set_operand(id, kBias, rewriter.constant(node.name + ".bias", std::move(bias)));
}

}  // namespace

bool has_coded_weight(const Graph& graph, NodeId id) {
  const Node& node = graph.node(id);
  return node.operands.size() > kWeight && node.operands[kWeight].valid() && graph.value(node.operands[kWeight]).quant.has_value();
}

std::string why_no_coded_shift(const Graph& graph, NodeId id) {
  const Node& node = graph.node(id);
  const Value &src = graph.value(node.operands[0]), &weight = graph.value(node.operands[kWeight]);
  if (!weight.is_constant() || weight.quant->storage != DType::i8) return "its weight is no constant of 8-bit codes";
  if (std::any_of(weight.quant->zero_points.begin(), weight.quant->zero_points.end(), [](int32_t z) { return z != 0; }))
    return "its weight has zero points";
  if (!transform::is_lone(graph, node.operands[kWeight])) return "its weight is another layer's too";
  if (!has_bias(node)) return "";
  const Value& bias = graph.value(node.operands[kBias]);
  if (!bias.is_constant()) return "its bias is no constant";
  if (bias.quant ? bias.quant->storage != DType::i32 || !has_fixed_scale(src) : bias.dtype != DType::f32)
    return "its bias is of neither 32-bit codes nor floats";
  return transform::is_lone(graph, node.operands[kBias]) ? "" : "its bias is another layer's too";
}

bool scales_by_channel(const Graph& graph, NodeId id) {
  const QuantSpec& spec = *graph.value(graph.node(id).operands[kWeight]).quant;
  const bool grouped = graph.node(id).op->name == "conv_transpose2d" && graph.call(id).get_int("group") != 1;
  return spec.axis == out_axis(graph.node(id)) && !grouped &&
         static_cast<int64_t>(spec.scales.size()) == transform::channels_out(graph, id);
}

void scale_and_shift_coded(Rewriter& rewriter, NodeId id, std::span<const double> scale, std::span<const double> shift) {
  const Graph& graph = rewriter.graph();
  const Node& node = graph.node(id);
  QuantSpec weights = *graph.value(node.operands[kWeight]).quant;
  if (scales_by_channel(graph, id))
    for (size_t c = 0; c < scale.size(); ++c) weights.scales[c] = static_cast<float>(static_cast<double>(weights.scales[c]) * scale[c]);
  rewriter.set_quant(node.operands[kWeight], weights);
  const bool codes = has_bias(node) ? graph.value(node.operands[kBias]).quant.has_value() : has_fixed_scale(graph.value(node.operands[0]));
  (codes ? change_coded_bias : change_real_bias)(rewriter, id, scale, shift);
}

}  // namespace galet::prune
