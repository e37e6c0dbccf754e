// Small networks with every kind of dependency between channels, and what a network computes when channels are zeroed instead of removed.
// For tests only.
#pragma once

#include <cmath>
#include <string>
#include <vector>

#include "galet/core/random.h"
#include "galet/ir/rewriter.h"
#include "galet/ops/evaluate.h"
#include "galet/ops/ops.h"
#include "galet/prune/prune.h"

namespace galet::prune::testing {

class Net {
 public:
  explicit Net(uint64_t seed, Shape input = {1, 3, 8, 8}) : random_(seed) { x = graph.add_input("x", DType::f32, std::move(input)); }

  Graph graph;
  ValueId x;

  const Shape& shape(ValueId value) const { return graph.value(value).shape; }
  ValueId constant(const std::string& name, Shape shape, double mean = 0) {
    Tensor tensor(DType::f32, std::move(shape));
    for (int64_t i = 0; i < tensor.size(); ++i) tensor.mutable_data<float>()[i] = static_cast<float>(mean + 0.5 * random_.normal());
    return graph.add_constant(name, tensor);
  }
  ValueId op(std::string_view name, std::vector<ValueId> operands, Attributes attributes = {}) {
    return graph.result(graph.add_node(ops::get(name), std::string(name), std::move(operands), std::move(attributes)));
  }
  ValueId conv(const std::string& name, ValueId src, int64_t out, int64_t kernel = 3, int64_t stride = 1, int64_t group = 1) {
    const int64_t pad = kernel / 2;
    const ValueId weight = constant(name + ".weight", {out, shape(src)[1] / group, kernel, kernel});
    return graph.result(graph.add_node(ops::get("conv2d"), name, {src, weight, constant(name + ".bias", {out})},
                                       {{"pads", Ints{pad, pad, pad, pad}}, {"strides", Ints{stride, stride}}, {"group", group}}));
  }
  ValueId norm(const std::string& name, ValueId src) {
    const int64_t c = shape(src)[1];
    const ValueId scale = constant(name + ".weight", {c}, 1), shift = constant(name + ".bias", {c}), mean = constant(name + ".mean", {c});
    Tensor var(DType::f32, {c});
    for (int64_t i = 0; i < c; ++i) var.mutable_data<float>()[i] = static_cast<float>(0.5 + random_.uniform());
    return graph.result(graph.add_node(ops::get("batch_norm"), name, {src, scale, shift, mean, graph.add_constant(name + ".var", var)}));
  }
  ValueId block(const std::string& name, ValueId src, int64_t out, int64_t stride = 1) {
    return op("relu", {norm(name + ".bn", conv(name, src, out, 3, stride))});
  }
  ValueId linear(const std::string& name, ValueId src, int64_t out) {
    return graph.result(graph.add_node(ops::get("linear"), name,
                                       {src, constant(name + ".weight", {out, shape(src).back()}), constant(name + ".bias", {out})}));
  }
  ValueId flat(ValueId src) { return op("reshape", {src}, {{"shape", Ints{1, count(shape(src)) / shape(src)[0]}}}); }
  Graph finish(ValueId result) {
    graph.add_output(result);
    return graph;
  }

 private:
  Random random_;
};

struct Case {
  std::string name;
  Graph graph;
};

inline std::vector<Case> networks(uint64_t seed) {
  std::vector<Case> all;
  {
    Net n(seed);  // additions in a row, shortcut A (every second pixel, zero channels on both sides)
    ValueId y = n.block("stem", n.x, 8);
    y = n.op("relu", {n.op("add", {n.norm("b1", n.conv("a1", y, 8)), y})});
    ValueId s = n.op("slice", {y}, {{"starts", Ints{0, 0}}, {"ends", Ints{8, 8}}, {"axes", Ints{2, 3}}, {"steps", Ints{2, 2}}});
    s = n.op("pad", {s}, {{"pads", Ints{0, 4, 0, 0, 0, 4, 0, 0}}});
    y = n.op("relu", {n.op("add", {n.conv("a2", n.block("c2", y, 12, 2), 16), s})});
    all.push_back({"residual, option A", n.finish(n.linear("fc", n.flat(n.op("global_average_pool", {y})), 5))});
  }
  {
    Net n(seed + 1);  // concatenation, also with the image, then max pool and average pool
    const ValueId a = n.block("a", n.x, 8), b = n.block("b", n.x, 6, 1), c = n.op("relu", {n.conv("c", a, 10, 1)});
    ValueId y = n.op("concat", {a, b, n.x, c}, {{"axis", int64_t{1}}});
    y = n.op("max_pool", {n.block("d", y, 8)}, {{"kernel", Ints{2, 2}}, {"strides", Ints{2, 2}}});
    y = n.op("average_pool", {y}, {{"kernel", Ints{2, 2}}, {"strides", Ints{2, 2}}});
    all.push_back({"concat", n.finish(n.linear("fc", n.flat(y), 5))});
  }
  {
    Net n(seed + 2);  // depthwise with one and two results a channel, grouped
    ValueId y = n.block("a", n.x, 8);
    y = n.op("relu", {n.norm("dn", n.conv("dw", y, 8, 3, 1, 8))});
    y = n.op("relu", {n.conv("dw2", y, 16, 3, 1, 8)});
    y = n.op("relu", {n.conv("g", n.conv("p", y, 16, 1), 24, 3, 1, 4)});
    all.push_back({"depthwise and grouped", n.finish(n.linear("fc", n.flat(n.op("global_max_pool", {y})), 5))});
  }
  {
    Net n(seed + 3);  // squeeze and excite, by convolutions and by linear layers
    ValueId y = n.block("a", n.x, 8);
    ValueId s = n.op("relu", {n.conv("s1", n.op("global_average_pool", {y}), 4, 1)});
    y = n.op("mul", {y, n.op("hard_sigmoid", {n.conv("s2", s, 8, 1)})});
    y = n.block("b", y, 12);
    ValueId t = n.op("relu", {n.linear("t1", n.op("reduce_mean", {y}, {{"axes", Ints{2, 3}}, {"keepdims", int64_t{0}}}), 6)});
    t = n.op("reshape", {n.op("sigmoid", {n.linear("t2", t, 12)})}, {{"shape", Ints{1, 12, 1, 1}}});
    all.push_back({"squeeze and excite", n.finish(n.linear("fc", n.flat(n.op("mul", {t, y})), 5))});
  }
  {
    Net n(seed + 4);  // channel shuffle between groups; split
    ValueId y = n.op("relu", {n.conv("g1", n.block("a", n.x, 12), 12, 1, 1, 3)});
    y = n.op("reshape", {y}, {{"shape", Ints{1, 3, 4, 8, 8}}});
    y = n.op("reshape", {n.op("transpose", {y}, {{"perm", Ints{0, 2, 1, 3, 4}}})}, {{"shape", Ints{1, 12, 8, 8}}});
    y = n.op("relu", {n.conv("g2", y, 12, 3, 1, 3)});
    const NodeId split = n.graph.add_node(ops::get("split"), "split", {y}, {{"axis", int64_t{1}}, {"sizes", Ints{4, 8}}});
    const ValueId u = n.op("relu", {n.conv("u", n.graph.result(split, 0), 8)}), v = n.graph.result(split, 1);
    all.push_back({"shuffle and split", n.finish(n.linear("fc", n.flat(n.op("add", {u, v})), 5))});
  }
  {
    Net n(seed + 5);  // up again, by a transposed convolution and by resizing; prelu, constant factors, NHWC before flattening
    const ValueId a = n.block("a", n.x, 8);
    const ValueId b = n.block("b", a, 12, 2);
    ValueId up = n.graph.result(n.graph.add_node(ops::get("conv_transpose2d"), "up",
                                                 {b, n.constant("up.weight", {12, 8, 2, 2}), n.constant("up.bias", {8})},
                                                 {{"strides", Ints{2, 2}}}));
    up = n.op("prelu", {up, n.constant("slope", {8, 1, 1})});
    ValueId y = n.op("mul", {n.op("add", {up, a}), n.constant("factor", {1, 8, 1, 1}, 1)});
    y = n.op("transpose", {y}, {{"perm", Ints{0, 2, 3, 1}}});
    all.push_back({"up again", n.finish(n.linear("fc", n.flat(y), 5))});
  }
  {
    Net n(seed + 6);  // one weight in two layers; a product with a constant matrix
    const ValueId a = n.block("a", n.x, 8), b = n.block("b", a, 8);
    const ValueId w = n.constant("head.weight", {6, 8, 1, 1});
    const ValueId p = n.graph.result(n.graph.add_node(ops::get("conv2d"), "head1", {a, w}));
    const ValueId q = n.graph.result(n.graph.add_node(ops::get("conv2d"), "head2", {b, w}));
    const ValueId y =
        n.op("concat", {n.flat(n.op("global_average_pool", {p})), n.flat(n.op("global_average_pool", {q}))}, {{"axis", int64_t{1}}});
    const ValueId z = n.op("relu", {n.op("matmul", {y, n.constant("m", {12, 7})})});
    all.push_back({"shared weight, matmul", n.finish(n.linear("fc", z, 5))});
  }
  return all;
}

/// `before` with every channel that left set to zero where it is made. Equal to the pruned network where functions take 0 to 0.
inline Graph zeroed(const Graph& before, const Pruned& pruned) {
  Graph graph = before;
  Rewriter rewriter(graph);
  for (const NodeId id : graph.order()) {
    const Node& node = graph.node(id);
    const auto found = pruned.places.find(node.results[0].index);
    const bool norm = node.op->name == "batch_norm";
    if (found == pruned.places.end() || (node.op->quant != QuantTrait::weighted && !norm)) continue;
    const Shape& result = graph.value(node.results[0]).shape;
    const int64_t channels = node.op->name == "conv2d" || node.op->name == "conv_transpose2d" || norm ? result[1] : result.back();
    std::vector<bool> gone(static_cast<size_t>(channels), true);
    for (const int64_t place : found->second) gone[static_cast<size_t>(place)] = false;
    for (size_t operand = 1; operand < std::min<size_t>(node.operands.size(), 3); ++operand) {
      if (!node.operands[operand].valid()) continue;
      Tensor data = graph.value(node.operands[operand]).constant;
      size_t axis = 0;
      if (operand == 1 && (node.op->name == "conv_transpose2d" || node.op->name == "matmul")) axis = 1;
      const int64_t inner = count(data.shape(), axis + 1, data.rank());
      for (int64_t i = 0; i < data.size(); ++i)
        if (gone[static_cast<size_t>(i / inner % channels)]) data.mutable_data<float>()[i] = 0;
      rewriter.set_constant(node.operands[operand], data);
    }
  }
  return graph;
}

/// Largest difference of the outputs for a random image, as a share of the largest output.
inline double difference(const Graph& a, const Graph& b, uint64_t seed = 3) {
  Random random(seed);
  Tensor image(DType::f32, a.value(a.inputs()[0]).shape);
  for (int64_t i = 0; i < image.size(); ++i) image.mutable_data<float>()[i] = static_cast<float>(random.normal());
  const Tensor x = ops::evaluate_reference(a, std::vector<Tensor>{image})[0], y = ops::evaluate_reference(b, std::vector<Tensor>{image})[0];
  if (x.shape() != y.shape()) return INFINITY;
  double most = 0, scale = 1e-3;
  for (int64_t i = 0; i < x.size(); ++i) {
    scale = std::max(scale, std::fabs(static_cast<double>(x.data<float>()[i])));
    most = std::max(most, std::fabs(static_cast<double>(x.data<float>()[i]) - static_cast<double>(y.data<float>()[i])));
  }
  return most / scale;
}

}  // namespace galet::prune::testing
