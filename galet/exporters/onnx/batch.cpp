#include "galet/exporters/onnx/batch.h"

#include <algorithm>

namespace galet::exporters {
namespace {

struct Follower {
  const Graph& graph;
  const Node& node;
  const OpCall call;
  const std::set<ValueId>& batched;

  bool is_batched(size_t i) const { return i < node.operands.size() && node.operands[i].valid() && batched.contains(node.operands[i]); }
  bool axis_is_first(std::string_view attribute, size_t rank) const {
    const int64_t axis = call.get_int(attribute);
    return axis == 0 || axis == -static_cast<int64_t>(rank);
  }
  bool has_first(const Ints& axes) const {
    return std::any_of(axes.begin(), axes.end(), [&](int64_t a) { return a == 0 || a == -static_cast<int64_t>(call.rank(0)); });
  }

  /// Operands are aligned at their last axes: all batched ones must have the rank of the result, the others no extent but 1 there.
  std::string broadcast() const {
    const size_t rank = graph.value(node.results[0]).shape.size();
    for (size_t i = 0; i < node.operands.size(); ++i) {
      if (!call.has(i)) continue;
      if (is_batched(i) && call.rank(i) != rank) return "it broadcasts the batch to another axis";
      if (!is_batched(i) && call.rank(i) == rank && call.shape(i)[0] != 1) return "it combines the batch with a constant extent";
    }
    return {};
  }

  std::string matmul() const {
    if (is_batched(0) && call.rank(0) == 1) return "the batch is the axis that it sums over";
    if (is_batched(1) && (call.rank(1) < 3 || call.rank(0) != call.rank(1))) return "the batch is an axis of its second operand";
    if (is_batched(0) && call.rank(1) > call.rank(0)) return "it broadcasts the batch to another axis";
    if (!is_batched(0) && call.rank(0) == call.rank(1) && call.shape(0)[0] != 1) return "it combines the batch with a constant extent";
    return {};
  }

  /// Why the operator cannot take several images at once; empty when it can.
  std::string obstacle() const {
    const std::string_view name = node.op->name;
    const auto is = [&](std::initializer_list<std::string_view> names) {
      return std::find(names.begin(), names.end(), name) != names.end();
    };
    const auto beyond_first = [&](std::initializer_list<size_t> operands) {
      return std::any_of(operands.begin(), operands.end(), [&](size_t i) { return is_batched(i); });
    };
    if (is({"conv2d", "conv_transpose2d", "linear", "conv_integer", "batch_norm", "instance_norm", "group_norm"}))
      return beyond_first({1, 2, 3, 4}) ? "its weights depend on the image" : call.rank(0) < 2 ? "its source has no batch axis" : "";
    if (is({"matmul", "matmul_integer"})) return matmul();
    if (name == "reshape") {
      const Ints& shape = call.get_ints("shape");
      return shape.empty() || std::count(shape.begin(), shape.end(), 0) > 0 ? "its result has no batch axis" : "";
    }
    if (name == "transpose") return call.get_ints("perm")[0] != 0 ? "it moves the batch axis" : "";
    if (is({"concat", "split", "softmax", "log_softmax", "hardmax", "cum_sum", "layer_norm", "lp_normalization"}))
      return axis_is_first("axis", call.rank(0)) ? "it works along the batch axis" : name == "concat" ? broadcast_exact() : "";
    if (is({"top_k", "arg_max", "arg_min"})) return axis_is_first("axis", call.rank(0)) ? "it works along the batch axis" : "";
    if (name == "one_hot") return axis_is_first("axis", call.rank(0) + 1) ? "it puts an axis before the batch" : "";
    if (name == "slice") return has_first(call.get_ints("axes")) ? "it slices the batch axis" : "";
    if (name.starts_with("reduce_")) return has_first(call.get_ints("axes")) ? "it reduces the batch axis" : "";
    if (name == "pad") {
      const Ints& pads = call.get_ints("pads");
      return pads[0] != 0 || pads[call.rank(0)] != 0 ? "it pads the batch axis" : "";
    }
    if (name == "tile") return call.get_ints("repeats")[0] != 1 ? "it repeats the batch" : "";
    if (name == "expand") {
      const Ints& shape = call.get_ints("shape");
      return shape.size() > call.rank(0) || (shape.size() == call.rank(0) && shape[0] != 1) ? "it expands the batch axis" : "";
    }
    if (name == "resize") return graph.value(node.results[0]).shape[0] != call.shape(0)[0] ? "it resizes the batch axis" : "";
    if (name == "gather") {
      if (!is_batched(1)) return axis_is_first("axis", call.rank(0)) ? "it picks along the batch axis" : "";
      return is_batched(0) || !axis_is_first("axis", call.rank(0)) ? "its indices depend on the image" : "";
    }
    if (name == "reverse_sequence") return call.get_int("batch_axis") != 0 || !is_batched(1) ? "it works along the batch axis" : "";
    if (name == "trilu") return call.rank(0) < 3 ? "the batch is an axis of its matrix" : "";
    if (is({"gather_elements", "gather_nd", "scatter_elements", "scatter_nd"})) return "its indices are for one image";
    if (is({"heatmap_peaks", "decode_centers", "decode_anchors", "decode_points", "select_detections", "non_max_suppression"}))
      return "it is written for one image";
    if (is({"dynamic_quantize"})) return "it finds one range for all images";
    if (is({"quantize", "dequantize"}))
      return call.shape(1) != Shape{} && call.shape(1) != Shape{1} && axis_is_first("axis", call.rank(0)) ? "it works along the batch axis"
                                                                                                          : "";
    return node.operands.size() > 1 ? broadcast() : "";
  }

  /// Concat does not broadcast: with one batched operand, all must be.
  std::string broadcast_exact() const {
    for (size_t i = 0; i < node.operands.size(); ++i)
      if (!is_batched(i)) return "it joins the batch with a constant";
    return {};
  }
};

}  // namespace

BatchUse follow_batch(const Graph& graph) {
  BatchUse use;
  for (const ValueId id : graph.inputs()) {
    const Shape& shape = graph.value(id).shape;
    if (shape.empty() || shape[0] != 1) return {{}, graph.value(id).name, "the input has no batch axis of extent 1"};
    use.batched.insert(id);
  }
  for (const NodeId id : graph.order()) {
    const Node& node = graph.node(id);
    if (std::none_of(node.operands.begin(), node.operands.end(), [&](ValueId v) { return v.valid() && use.batched.contains(v); })) continue;
    std::string obstacle;
    for (const ValueId operand : node.operands)
      if (operand.valid() && graph.value(operand).quant && graph.value(operand).quant->dynamic) obstacle = "each image finds its own range";
    if (obstacle.empty()) obstacle = Follower{graph, node, graph.call(id), use.batched}.obstacle();
    for (const ValueId result : node.results)
      if (graph.value(result).shape.empty() && obstacle.empty()) obstacle = "its result has no batch axis";
    if (!obstacle.empty()) return {{}, node.name, obstacle};
    use.batched.insert(node.results.begin(), node.results.end());
  }
  return use;
}

}  // namespace galet::exporters
