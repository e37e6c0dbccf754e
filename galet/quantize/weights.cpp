#include "galet/quantize/weights.h"

#include <algorithm>
#include <map>

#include "galet/quantize/weight_codes.h"
#include "galet/runtime/computation.h"

namespace galet::quantize {
namespace {

/// Layers that can read the same codes: same weight, same meaning of its axes.
struct Sharing {
  ValueId weight;
  int axis;
  bool operator<(const Sharing& other) const { return std::tie(weight, axis) < std::tie(other.weight, other.axis); }
};

int scale_axis(const OpCall& call, const Node& node, bool per_channel) {
  if (!per_channel) return -1;
  // With groups, one position along a transposed convolution's channel axis serves several output channels: one scale for all then.
  if (node.op->name == "conv_transpose2d" && call.get_int("group") > 1) return -1;
  return runtime::weight_channel_axis(node, call.shape(1));
}

std::optional<ValueId> bias_of(const Node& node) {
  if (node.op->name == "matmul" || node.operands.size() < 3 || !node.operands[2].valid()) return std::nullopt;
  return node.operands[2];
}

int64_t quantize_bias(Rewriter& rewriter, NodeId id, ValueId bias, float src_scale, const QuantSpec& weight) {
  const Graph& graph = rewriter.graph();
  const Tensor values = graph.value(bias).constant;
  if (graph.readers(bias).size() > 1) {
    bias = rewriter.constant(graph.value(bias).name, values);
    rewriter.set_operand(id, 2, bias);
  }
  const QuantSpec spec = bias_spec(src_scale, weight.scales, values.size());
  rewriter.set_quant(bias, spec);
  rewriter.set_constant(bias, bias_codes(values, spec));
  return static_cast<int64_t>(values.size()) * 4;
}

}  // namespace

int64_t quantize_weights(Rewriter& rewriter, const Regions& regions, const QuantizeOptions& options) {
  const Graph& graph = rewriter.graph();
  std::vector<Sharing> order;
  std::map<Sharing, std::vector<NodeId>> sharers;
  for (const auto& choice : regions.nodes) {
    const Node& node = graph.node(choice.node);
    if (!choice.integer || node.op->quant != QuantTrait::weighted) continue;
    const Sharing key{node.operands[1], scale_axis(graph.call(choice.node), node, options.per_channel)};
    auto& nodes = sharers[key];
    if (nodes.empty()) order.push_back(key);
    nodes.push_back(choice.node);
  }
  if (options.weight_bits < 2 || options.weight_bits > 8) fail("{} bits for weights asked for, expected 2 to 8", options.weight_bits);
  const int most = (1 << (options.weight_bits - 1)) - 1;
  int64_t bytes = 0;
  for (const Sharing& key : order) {
    const std::vector<NodeId>& nodes = sharers[key];
    const Tensor values = graph.value(key.weight).constant;
    std::vector<float> scales = weight_scales(values, key.axis, options.weights, most);
    std::vector<WeightUser> users;
    for (const NodeId id : nodes) {
      WeightUser user;
      const Node& node = graph.node(id);
      if (options.mode == Mode::fixed) {
        const QuantSpec& src = *graph.value(node.operands[0]).quant;
        user.src_scale = src.scales[0], user.src_zero_point = src.zero_points[0];
        if (const auto bias = bias_of(node)) user.bias = graph.value(*bias).constant;
      }
      users.push_back(std::move(user));
    }
    if (const int grown = fit_accumulators(values, key.axis, users, scales, most); grown > 0)
      rewriter.remark(graph.node(nodes[0]).name, "coarser weight scales", "the accumulator or the bias would not fit 32 bits",
                      {{"channels", static_cast<double>(grown)}});
    const QuantSpec spec = weight_spec(std::move(scales), key.axis, most);
    ValueId weight = key.weight;
    if (graph.readers(weight).size() > nodes.size() || graph.is_output(weight)) {
      weight = rewriter.constant(graph.value(weight).name, values);
      for (const NodeId id : nodes) rewriter.set_operand(id, 1, weight);
    }
    rewriter.set_quant(weight, spec);
    rewriter.set_constant(weight, weight_codes(values, spec));
    bytes += values.size();
    for (size_t i = 0; i < nodes.size(); ++i) {
      const auto bias = bias_of(graph.node(nodes[i]));
      if (!bias) continue;
      if (options.mode == Mode::fixed)
        bytes += quantize_bias(rewriter, nodes[i], *bias, users[i].src_scale, spec);
      else
        bytes += graph.value(*bias).constant.size() * 4;
    }
  }
  return bytes;
}

}  // namespace galet::quantize
