#include <doctest/doctest.h>

#include "galet/ops/testing.h"

using namespace galet;
using namespace galet::ops::testing;
using F = std::vector<float>;

namespace {
// Squares of 0..7 as four channels of two.
Tensor squares(Shape shape) { return f32(std::move(shape), {0, 1, 4, 9, 16, 25, 36, 49}); }
const Tensor kScale = f32({1, 2, 3, 4}), kShift = f32({0, 0, 1, 1});
}  // namespace

TEST_CASE("batch_norm") {
  const Tensor two = f32({2, 0.5f}), mean = f32({1, -1}), var = f32({4, 0.25f});
  const Tensor dst = run("batch_norm", {f32({1, 2, 1, 2}, {1, 3, 0, -1}), two, f32({0, 10}), mean, var}, {{"epsilon", 0.0f}});
  CHECK(values<float>(dst) == F{0, 2, 11, 10});
  CHECK_REFUSED("var has shape 1, expected 2", "batch_norm", {f32({1, 2}, {1, 3}), two, two, two, f32({1})});
  CHECK_REFUSED("expected channels", "batch_norm", {f32({1}), two, two, two, two});
}

TEST_CASE("instance_norm, group_norm, layer_norm (values from numpy)") {
  CHECK(close(run("instance_norm", {squares({1, 4, 2}), kScale, kShift}),
              f32({1, 4, 2}, {-0.99998f, 0.99998f, -1.9999985f, 1.9999985f, -1.9999993f, 3.9999993f, -2.9999995f, 4.9999995f})));
  CHECK(close(run("group_norm", {squares({1, 4, 2}), kScale, kShift}, {{"groups", int64_t{2}}}),
              f32({1, 4, 2}, {-0.9999996f, -0.7142854f, 0.2857142f, 3.1428559f, -2.7685499f, -0.5803597f, 2.4587936f, 6.6730857f})));
  const std::vector<Tensor> layer = run_all("layer_norm", {squares({2, 4}), kScale, kShift}, {{"statistics", int64_t{1}}});
  CHECK(close(layer[0], f32({2, 4}, {-0.9999996f, -1.4285709f, 1.4285712f, 7.2857118f, -1.2561833f, -1.0535731f, 2.0940952f, 6.6730862f})));
  CHECK(close(layer[1], f32({2, 1}, {3.5f, 31.5f})));
  CHECK(close(layer[2], f32({2, 1}, {0.2857142f, 0.0810441f})));
  const Tensor all = run("layer_norm", {squares({2, 4})}, {{"axis", int64_t{0}}});
  CHECK(close(all.reshaped({1, 1, 8}), run("instance_norm", {squares({1, 1, 8}), f32({1}), f32({0})})));
  CHECK_REFUSED("4 channels do not divide into 3 groups", "group_norm", {squares({1, 4, 2}), kScale, kShift}, {{"groups", int64_t{3}}});
  CHECK_REFUSED("do not divide into 0 groups", "group_norm", {squares({1, 4, 2}), kScale, kShift}, {{"groups", int64_t{0}}});
  CHECK_REFUSED("scale of shape 4 does not broadcast to 4x2", "layer_norm", {squares({4, 2}), kScale});
}

TEST_CASE("lrn and lp_normalization") {
  const Tensor src = run("mul", {squares({1, 4, 2}), f32({0.1f})});
  const Attributes attributes{{"alpha", 0.5f}, {"beta", 0.75f}, {"bias", 1.0f}};
  Attributes wide = attributes, even = attributes, huge = attributes;
  wide["size"] = int64_t{3};
  even["size"] = int64_t{2};  // the channel itself and the next
  huge["size"] = INT64_MAX;
  CHECK(close(run("lrn", {src}, wide),
              f32({1, 4, 2}, {0, 0.0908396f, 0.3021942f, 0.5019371f, 0.6105046f, 0.6379498f, 1.381288f, 1.2712725f})));
  CHECK(close(run("lrn", {src}, even),
              f32({1, 4, 2}, {0, 0.086948f, 0.2710679f, 0.4197311f, 0.4873098f, 0.4993378f, 1.2183669f, 1.1382987f})));
  CHECK(close(run("lrn", {src}, huge), src));
  CHECK_REFUSED("size 0 is below 1", "lrn", {src}, {{"size", int64_t{0}}});
  const Tensor x = f32({2, 2}, {3, 0, -4, 0});
  CHECK(close(run("lp_normalization", {x}, {{"axis", int64_t{0}}}), f32({2, 2}, {0.6f, 0, -0.8f, 0})));
  CHECK(close(run("lp_normalization", {x}, {{"p", int64_t{1}}}), f32({2, 2}, {1, 0, -1, 0})));
  CHECK_REFUSED("p is 3", "lp_normalization", {x}, {{"p", int64_t{3}}});
}
