#include "galet/torch/batching.h"

#include <algorithm>
#include <array>

namespace galet::torch {
namespace {

constexpr std::array<std::string_view, 6> kAlongAxis{"softmax", "log_softmax", "lp_normalization", "concat", "split", "top_k"};
constexpr std::array<std::string_view, 2> kAlongAxisToo{"arg_max", "arg_min"};

template <size_t n>
bool among(std::string_view name, const std::array<std::string_view, n>& names) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

bool touches_batch(const OpCall& call) {
  const std::string_view op = call.op.name;
  const auto rank = static_cast<int64_t>(call.rank(0));
  auto first = [&](int64_t axis) { return axis == 0 || axis == -rank; };
  if (op == "layer_norm" || op == "gather" || among(op, kAlongAxis) || among(op, kAlongAxisToo)) return first(call.get_int("axis"));
  if (op.starts_with("reduce_")) {
    const Ints& axes = call.get_ints("axes");
    return std::any_of(axes.begin(), axes.end(), first);
  }
  if (op == "transpose") return call.get_ints("perm").at(0) != 0;
  if (op == "tile") return call.get_ints("repeats").at(0) != 1;
  if (op == "pad") {
    const Ints& pads = call.get_ints("pads");
    return pads.at(0) != 0 || pads.at(pads.size() / 2) != 0;
  }
  if (op == "slice") {
    const Ints& axes = call.get_ints("axes");
    for (size_t i = 0; i < axes.size(); ++i)
      if (axes[i] == 0 &&
          !(call.get_ints("starts")[i] == 0 && call.get_ints("ends")[i] == call.shape(0)[0] && call.get_ints("steps")[i] == 1))
        return true;
  }
  return false;
}

std::string obstacle_at(const Graph& graph, NodeId id, const std::vector<bool>& batched) {
  const Node& node = graph.node(id);
  const OpCall call = graph.call(id);
  const Shape& result = graph.value(node.results[0]).shape;
  for (size_t i = 0; i < node.operands.size(); ++i) {
    if (!node.operands[i].valid() || !batched[node.operands[i].index]) continue;
    const Shape& src = call.shape(i);
    if (src.empty() || result.empty() || src[0] != result[0]) return "the batch is not the first extent of its result";
    if (call.op.infer != nullptr && src.size() != result.size() && call.op.quant == QuantTrait::rescaled && node.operands.size() > 1)
      return "its operands differ in rank";
  }
  return touches_batch(call) ? "it computes along the batch" : "";
}

}  // namespace

Batching find_batching(const Graph& graph) {
  Batching result;
  auto mark = [&](ValueId id, bool value) {
    if (result.batched.size() <= id.index) result.batched.resize(id.index + 1);
    result.batched[id.index] = value;
  };
  for (const ValueId id : graph.values()) mark(id, false);
  if (!graph.dynamic_batch) result.obstacle = "the model's batch is fixed";
  for (const ValueId id : graph.inputs()) {
    mark(id, true);
    if (graph.value(id).shape.empty() || graph.value(id).shape[0] != 1) result.obstacle = "an input has no batch of 1";
  }
  for (const NodeId id : graph.order()) {
    const Node& node = graph.node(id);
    const bool batched =
        std::any_of(node.operands.begin(), node.operands.end(), [&](ValueId v) { return v.valid() && result.batched[v.index]; });
    for (const ValueId value : node.results) mark(value, batched);
    if (!batched || !result.obstacle.empty()) continue;
    const std::string why = obstacle_at(graph, id, result.batched);
    if (!why.empty()) result.obstacle = fmt::format("{} \"{}\": {}", node.op->name, node.name, why);
  }
  return result;
}

}  // namespace galet::torch
