#include "galet/transform/weighted.h"

#include <algorithm>

#include "galet/transform/edit.h"

namespace galet::transform {
namespace {

constexpr size_t kWeight = 1, kBias = 2;

bool has_bias(const Node& node) { return node.operands.size() > kBias && node.operands[kBias].valid(); }

/// Calls f(index of the weight, output channel, input channel).
template <typename F>
void for_each_index(const Graph& graph, NodeId id, F f) {
  const OpCall call = graph.call(id);
  const Shape& shape = call.shape(kWeight);
  const int64_t first = shape[0], second = shape[1], inner = count(shape, 2, shape.size());
  const bool linear = call.op.name == "linear", transposed = call.op.name == "conv_transpose2d";
  const int64_t per_group = first / (linear ? 1 : call.get_int("group"));
  for (int64_t i = 0; i < count(shape); ++i) {
    const int64_t a = i / (second * inner), b = i / inner % second, grouped = a / per_group * second + b;
    f(i, transposed ? grouped : a, transposed ? a : grouped);
  }
}

std::string bias_name(const Graph& graph, const Node& node) {
  const std::string& weight = graph.value(node.operands[kWeight]).name;
  constexpr std::string_view kSuffix = "weight";
  if (weight.ends_with(kSuffix)) return weight.substr(0, weight.size() - kSuffix.size()) + "bias";
  return node.name + ".bias";
}

void change_weight(Rewriter& rewriter, NodeId node, const std::function<double(double weight, int64_t out, int64_t in)>& f) {
  Tensor weight = rewriter.graph().value(rewriter.graph().node(node).operands[kWeight]).constant;
  float* data = weight.mutable_data<float>();
  for_each_index(rewriter.graph(), node,
                 [&](int64_t i, int64_t out, int64_t in) { data[i] = static_cast<float>(f(static_cast<double>(data[i]), out, in)); });
  change_constant(rewriter, node, kWeight, std::move(weight));
}

void change_bias(Rewriter& rewriter, NodeId id, const std::function<double(double bias, size_t out)>& f) {
  const Graph& graph = rewriter.graph();
  const bool had = has_bias(graph.node(id));
  Tensor bias = had ? graph.value(graph.node(id).operands[kBias]).constant : Tensor(DType::f32, {channels_out(graph, id)});
  float* data = bias.mutable_data<float>();
  for (int64_t o = 0; o < bias.size(); ++o) data[o] = static_cast<float>(f(static_cast<double>(data[o]), static_cast<size_t>(o)));
  if (had)
    change_constant(rewriter, id, kBias, std::move(bias));
  else
    rewriter.set_operand(id, kBias, rewriter.constant(bias_name(graph, graph.node(id)), std::move(bias)));
}

}  // namespace

std::string why_not_editable(const Graph& graph, NodeId id) {
  const Node& node = graph.node(id);
  for (size_t i = kWeight; i < node.operands.size(); ++i) {
    if (!node.operands[i].valid()) continue;
    const Value& value = graph.value(node.operands[i]);
    const std::string_view what = i == kWeight ? "weight" : "bias";
    if (!value.is_constant()) return fmt::format("the {} of {} is no constant", what, describe(graph, id));
    if (value.quant) return fmt::format("the {} of {} is quantized already", what, describe(graph, id));
    if (value.dtype != DType::f32) return fmt::format("the {} of {} is of {}", what, describe(graph, id), to_string(value.dtype));
  }
  return {};
}

std::string why_no_affine_after(const Graph& graph, NodeId id) {
  const OpCall call = graph.call(id);
  if (call.has_attribute("activation") && call.get_string("activation") != "none")
    return fmt::format("{} has an activation", describe(graph, id));
  return why_not_editable(graph, id);
}

int64_t channels_out(const Graph& graph, NodeId id) {
  const OpCall call = graph.call(id);
  return call.op.name == "conv_transpose2d" ? call.shape(kWeight)[1] * call.get_int("group") : call.shape(kWeight)[0];
}

int64_t channels_in(const Graph& graph, NodeId id) {
  const OpCall call = graph.call(id);
  return call.op.name == "conv2d" ? call.shape(kWeight)[1] * call.get_int("group") : call.shape(kWeight)[call.op.name == "linear" ? 1 : 0];
}

size_t channel_axis(const Graph& graph, NodeId id) {
  const OpCall call = graph.call(id);
  return call.op.name == "linear" ? call.rank(0) - 1 : 1;
}

void for_each_weight(const Graph& graph, NodeId id, const std::function<void(float weight, int64_t out, int64_t in)>& f) {
  const float* data = graph.value(graph.node(id).operands[kWeight]).constant.data<float>();
  for_each_index(graph, id, [&](int64_t i, int64_t out, int64_t in) { f(data[i], out, in); });
}

void scale_and_shift_results(Rewriter& rewriter, NodeId node, std::span<const double> scale, std::span<const double> shift) {
  const bool scales = std::any_of(scale.begin(), scale.end(), [](double k) { return k != 1; });
  if (scales) change_weight(rewriter, node, [&](double w, int64_t out, int64_t) { return w * scale[static_cast<size_t>(out)]; });
  const bool shifts = std::any_of(shift.begin(), shift.end(), [](double t) { return t != 0; });
  if (shifts || has_bias(rewriter.graph().node(node)))
    change_bias(rewriter, node, [&](double b, size_t out) { return b * scale[out] + shift[out]; });
}

void scale_sources(Rewriter& rewriter, NodeId node, std::span<const double> scale) {
  change_weight(rewriter, node, [&](double w, int64_t, int64_t in) { return w * scale[static_cast<size_t>(in)]; });
}

void shift_sources(Rewriter& rewriter, NodeId node, std::span<const double> shift) {
  std::vector<double> sums(static_cast<size_t>(channels_out(rewriter.graph(), node)));
  for_each_weight(rewriter.graph(), node, [&](float w, int64_t out, int64_t in) {
    sums[static_cast<size_t>(out)] += static_cast<double>(w) * shift[static_cast<size_t>(in)];
  });
  change_bias(rewriter, node, [&](double b, size_t out) { return b + sums[out]; });
}

std::optional<std::vector<double>> per_channel(const Value& constant, size_t rank, size_t axis, int64_t channels) {
  const Shape& shape = constant.shape;
  if (!constant.is_constant() || constant.quant || constant.dtype != DType::f32 || shape.size() > rank) return std::nullopt;
  int64_t found = 1;
  for (size_t i = 0; i < shape.size(); ++i) {
    if (i + rank - shape.size() == axis)
      found = shape[i];
    else if (shape[i] != 1)
      return std::nullopt;
  }
  if (found != 1 && found != channels) return std::nullopt;
  std::vector<double> values(static_cast<size_t>(channels));
  const float* data = constant.constant.data<float>();
  for (size_t c = 0; c < values.size(); ++c) values[c] = static_cast<double>(data[found == 1 ? 0 : c]);
  return values;
}

}  // namespace galet::transform
