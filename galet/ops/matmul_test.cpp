#include <doctest/doctest.h>

#include "galet/ops/testing.h"

using namespace galet;
using namespace galet::ops::testing;
using F = std::vector<float>;

TEST_CASE("linear") {
  const Tensor src = f32({2, 1, 2}, {1, 2, 3, 4}), weight = f32({3, 2}, {1, 0, 0, 1, -1, -1}), bias = f32({10, 20, 0});
  const Tensor dst = run("linear", {src, weight, bias}, {{"activation", std::string("clip")}, {"clip_min", 0.0f}, {"clip_max", 23.0f}});
  CHECK(dst.shape() == Shape{2, 1, 3});
  CHECK(values<float>(dst) == F{11, 22, 0, 13, 23, 0});
  CHECK(values<float>(run("linear", {src, weight}))[2] == -3);
  CHECK_REFUSED("src of shape 2x1x2 ends in 2, weight 2x3 expects 3", "linear", {src, f32({2, 3}, F(6))});
  CHECK_REFUSED("bias has shape 2, expected 3", "linear", {src, weight, f32({1, 2})});
  CHECK_REFUSED("src is i32, expected f32", "linear", {i32({1, 2}), weight});
}

TEST_CASE("matmul: matrices, vectors, batches") {
  const Tensor a = f32({2, 3}, {1, 2, 3, 4, 5, 6}), b = f32({3, 2}, {1, 0, 0, 1, 1, 1});
  CHECK(values<float>(run("matmul", {a, b})) == F{4, 5, 10, 11});
  CHECK(run("matmul", {f32({1, 2}), a}).shape() == Shape{3});
  CHECK(values<float>(run("matmul", {f32({1, 2}), a})) == F{9, 12, 15});
  CHECK(values<float>(run("matmul", {a, f32({1, 1, 1})})) == F{6, 15});
  CHECK(run("matmul", {f32({1, 2}), f32({3, 4})}).shape() == Shape{});
  const Tensor batches = run("matmul", {iota<float>({2, 1, 1, 2}), iota<float>({3, 2, 1})});
  CHECK(batches.shape() == Shape{2, 3, 1, 1});
  CHECK(values<float>(batches) == F{1, 3, 5, 3, 13, 23});
  CHECK(values<int32_t>(run("matmul", {i32({1 << 30, 1}), i32({4, 7})})) == std::vector<int32_t>{7});  // wraps around
  CHECK(values<float>(run("matmul", {f32({1, 0}, {}), f32({0, 2}, {})})) == F{0, 0});
  CHECK_REFUSED("inner extents of 2x3 and 2x3 differ: 3 against 2", "matmul", {a, a});
  CHECK_REFUSED("do not broadcast", "matmul", {iota<float>({2, 1, 2}), iota<float>({3, 2, 1})});
  CHECK_REFUSED("a is f32, but b is i32: cast one of them", "matmul", {f32({1}), i32({1})});
  CHECK_REFUSED("a is a scalar", "matmul", {f32({}, {1}), f32({1})});
}

TEST_CASE("multiply-accumulates") {
  Graph graph;
  const ValueId x = graph.add_input("x", DType::f32, {5, 3, 4}), y = graph.add_input("y", DType::f32, {4, 6});
  const OpCall call = graph.call(graph.add_node(ops::get("matmul"), "m", {x, y}));
  CHECK(call.op.macs(call) == 5 * 3 * 4 * 6);
}
