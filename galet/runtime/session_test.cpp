// What a session accepts, refuses and shows.
#include "galet/runtime/session.h"

#include <doctest/doctest.h>

#include "galet/ops/ops.h"

using namespace galet;
using namespace galet::runtime;

namespace {

/// relu(conv(x)) over 1x2x4x4 with a 1x1 kernel that adds both channels into one of two and subtracts into the other.
Graph small() {
  Graph graph;
  const ValueId x = graph.add_input("x", DType::f32, {1, 2, 2, 2});
  const ValueId w = graph.add_constant("w", Tensor::from<float>({2, 2, 1, 1}, std::vector<float>{1, 1, 1, -1}));
  const NodeId conv = graph.add_node(ops::get("conv2d"), "c", {x, w});
  const NodeId relu = graph.add_node(ops::get("relu"), "r", {graph.result(conv)});
  graph.add_output(graph.result(relu));
  return graph;
}

std::vector<float> values(const Tensor& tensor) { return {tensor.span<float>().begin(), tensor.span<float>().end()}; }

}  // namespace

TEST_CASE("a session runs any number of images of a network of batch 1") {
  for (const bool reference : {true, false}) {
    Session session(small(), {.reference = reference});
    const std::vector<float> one{1, 2, 3, 4, 4, 3, 2, 1}, two{0, 0, 0, 0, 1, 1, 1, 1};
    std::vector<float> both = one;
    both.insert(both.end(), two.begin(), two.end());
    CHECK(values(session.run(std::vector{Tensor::from<float>({1, 2, 2, 2}, one)})[0]) == std::vector<float>{5, 5, 5, 5, 0, 0, 1, 3});
    const Tensor y = session.run(std::vector{Tensor::from<float>({2, 2, 2, 2}, both)})[0];
    CHECK(y.shape() == Shape{2, 2, 2, 2});
    CHECK(values(y) == std::vector<float>{5, 5, 5, 5, 0, 0, 1, 3, 1, 1, 1, 1, 0, 0, 0, 0});
    CHECK(session.run(std::vector{Tensor(DType::f32, {0, 2, 2, 2})})[0].shape() == Shape{0, 2, 2, 2});
  }
}

TEST_CASE("a session refuses inputs that do not fit") {
  Session session(small());
  CHECK_THROWS_WITH_AS(session.run({}), "the network takes 1 inputs, 0 given", Error);
  CHECK_THROWS_WITH_AS(session.run(std::vector{Tensor()}), "input \"x\" is missing", Error);
  CHECK_THROWS_WITH_AS(session.run(std::vector{Tensor(DType::u8, {1, 2, 2, 2})}), "input \"x\" is of u8, expected f32", Error);
  CHECK_THROWS_WITH_AS(session.run(std::vector{Tensor(DType::f32, {1, 2, 2, 3})}),
                       doctest::Contains("input \"x\" has shape 1x2x2x3, expected 1x2x2x2"), Error);
  CHECK_THROWS_WITH_AS(session.run(std::vector{Tensor(DType::f32, {2, 2, 2})}), doctest::Contains("expected 1x2x2x2"), Error);
  CHECK_THROWS_AS(session.run_visiting(std::vector{Tensor(DType::f32, {1, 2, 2, 2})}, Visit::real, [](ValueId, const Tensor&) {}), Error);
  CHECK_THROWS_AS(Session(small(), {.threads = -1}), Error);
}

TEST_CASE("a visitor sees inputs and results in order, in logical layout") {
  for (const bool reference : {true, false}) {
    Session session(small(), {.reference = reference, .keep_all = true});
    std::vector<std::string> names;
    session.run_visiting(std::vector{Tensor::from<float>({1, 2, 2, 2}, std::vector<float>{1, 2, 3, 4, 4, 3, 2, 1})}, Visit::real,
                         [&](ValueId id, const Tensor& tensor) {
                           names.push_back(session.graph().value(id).name);
                           if (names.back() == "c") CHECK(values(tensor) == std::vector<float>{5, 5, 5, 5, -3, -1, 1, 3});
                         });
    CHECK(names == std::vector<std::string>{"x", "c", "r"});
  }
}
