#include <doctest/doctest.h>

#include "galet/ops/testing.h"

using namespace galet;
using namespace galet::ops::testing;
using F = std::vector<float>;

TEST_CASE("conv_transpose2d") {
  const Tensor src = f32({1, 1, 2, 2}, {1, 2, 3, 4}), weight = f32({1, 1, 3, 3}, {1, 2, 3, 4, 5, 6, 7, 8, 9});
  const Tensor dst =
      run("conv_transpose2d", {src, weight}, {{"strides", Ints{2, 2}}, {"pads", Ints{1, 1, 1, 1}}, {"output_padding", Ints{1, 0}}});
  CHECK(dst.shape() == Shape{1, 1, 4, 3});
  CHECK(values<float>(dst) == F{5, 14, 10, 14, 36, 24, 15, 34, 20, 24, 55, 32});  // onnx's reference evaluator
  // Ones with dilation 2 down: each source element lands in rows y and y + 2, columns x and x + 1.
  const Tensor ones = f32({1, 1, 2, 2}, {1, 1, 1, 1});
  CHECK(values<float>(run("conv_transpose2d", {src, ones}, {{"dilations", Ints{2, 1}}})) == F{1, 3, 2, 3, 7, 4, 1, 3, 2, 3, 7, 4});
  // Two groups of one channel each, two destination channels a group; bias and activation.
  const Tensor grouped = run("conv_transpose2d", {f32({1, 2, 1, 1}, {1, 10}), f32({2, 2, 1, 1}, {1, 2, 3, -4}), f32({0, 1, 0, 1})},
                             {{"group", int64_t{2}}, {"activation", std::string("relu")}});
  CHECK(values<float>(grouped) == F{1, 3, 30, 0});
}

TEST_CASE("conv_transpose2d refuses") {
  const Tensor src = iota<float>({1, 1, 2, 2}), weight = iota<float>({1, 1, 3, 3});
  CHECK_REFUSED("in 2 equal groups", "conv_transpose2d", {src, weight}, {{"group", int64_t{2}}});
  CHECK_REFUSED("stride 0 is out of range", "conv_transpose2d", {src, weight}, {{"strides", Ints{0, 1}}});
  CHECK_REFUSED("output_padding -1 is out of range", "conv_transpose2d", {src, weight}, {{"output_padding", Ints{-1, 0}}});
  CHECK_REFUSED("leave nothing", "conv_transpose2d", {src, weight}, {{"pads", Ints{2, 0, 2, 0}}});
  CHECK_REFUSED("conv_transpose2d", "conv_transpose2d", {src, weight}, {{"strides", Ints{int64_t{1} << 31, int64_t{1} << 31}}});
  CHECK_REFUSED("bias has shape 2, expected 1", "conv_transpose2d", {src, weight, f32({1, 2})});
}

TEST_CASE("conv2d: strides, dilation, groups, asymmetric padding") {
  const Tensor src = iota<float>({1, 2, 3, 4});
  const Tensor weight = f32({2, 1, 2, 2}, {1, 0, 0, 1, 1, 1, 1, 1});
  const Tensor dst = run("conv2d", {src, weight, f32({0, 100})},
                         {{"group", int64_t{2}}, {"strides", Ints{2, 1}}, {"dilations", Ints{1, 2}}, {"pads", Ints{1, 0, 0, 1}}});
  CHECK(dst.shape() == Shape{1, 2, 2, 3});
  // Channel 0: rows -1 and 0, then 1 and 2; src[y][x] + src[y+1][x+2]. Channel 1: the four corners.
  CHECK(values<float>(dst) == F{2, 3, 0, 14, 16, 6, 126, 128, 114, 176, 180, 140});
}
