#include <doctest/doctest.h>

#include "galet/ir/graph.h"
#include "galet/ops/ops.h"

using namespace galet;

TEST_CASE("conv2d: shape, reference, refusal") {
  Graph graph;
  const ValueId src = graph.add_input("x", DType::f32, {1, 1, 3, 3});
  const ValueId weight = graph.add_constant("w", Tensor::from<float>({1, 1, 2, 2}, std::vector<float>{1, 0, 0, -1}));
  const NodeId id =
      graph.add_node(ops::get("conv2d"), "c", {src, weight}, {{"pads", Ints{0, 0, 1, 1}}, {"activation", std::string("relu")}});
  graph.add_output(graph.result(id));
  verify(graph);
  CHECK(graph.value(graph.result(id)).shape == Shape{1, 1, 3, 3});
  const Tensor x = Tensor::from<float>({1, 1, 3, 3}, std::vector<float>{9, 8, 7, 6, 5, 4, 3, 2, 1});
  const OpCall call = graph.call(id);
  const Tensor y = call.op.reference(call, std::vector<Tensor>{x, graph.value(weight).constant})[0];
  CHECK(std::vector<float>(y.span<float>().begin(), y.span<float>().end()) == std::vector<float>{4, 4, 7, 4, 4, 4, 3, 2, 1});
  CHECK_THROWS_WITH_AS(graph.add_node(ops::get("conv2d"), "bad", {src, weight}, {{"group", int64_t{2}}}),
                       doctest::Contains("conv2d \"bad\": src has 1 channels"), Error);
  CHECK_THROWS_WITH_AS(graph.add_node(ops::get("conv2d"), "bad", {src, weight}, {{"grop", int64_t{2}}}),
                       doctest::Contains("unknown attribute grop"), Error);
}
