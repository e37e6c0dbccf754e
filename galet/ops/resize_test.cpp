// Expected values: onnx's reference evaluator, unless worked out beside them.
#include <doctest/doctest.h>

#include <limits>

#include "galet/ops/resize.h"
#include "galet/ops/testing.h"

using namespace galet;
using namespace galet::ops::testing;
using F = std::vector<float>;

namespace {

const Tensor kRow = f32({1, 2, 3, 5});

Attributes way(std::string mode, std::string coordinates, int64_t size, Floats scales = {}, Attributes more = {}) {
  more["mode"] = std::move(mode);
  more["coordinates"] = std::move(coordinates);
  more["sizes"] = Ints{size};
  more["scales"] = std::move(scales);
  return more;
}

}  // namespace

TEST_CASE("resize: linear, by coordinate transformation") {
  CHECK(close(run("resize", {kRow}, way("linear", "half_pixel", 8, {2})), f32({1, 1.25f, 1.75f, 2.25f, 2.75f, 3.5f, 4.5f, 5})));
  CHECK(close(run("resize", {kRow}, way("linear", "asymmetric", 8, {2})), f32({1, 1.5f, 2, 2.5f, 3, 4, 5, 5})));
  CHECK(close(run("resize", {kRow}, way("linear", "align_corners", 2, {0.6f})), f32({1, 3.2857139f})));
  CHECK(close(run("resize", {kRow}, way("linear", "align_corners", 7)), f32({1, 1.5f, 2, 2.5f, 3, 4, 5})));
  CHECK(close(run("resize", {kRow}, way("linear", "pytorch_half_pixel", 1)), f32({1})));
  CHECK(close(run("resize", {kRow}, way("linear", "half_pixel_symmetric", 2, {0.6f})), f32({1.6666667f, 3.6666665f})));
  CHECK(close(run("resize", {kRow}, way("linear", "half_pixel", 2, {0.6f}, {{"antialias", int64_t{1}}})), f32({1.375f, 3.2222221f})));
  CHECK(close(run("resize", {kRow}, way("linear", "tf_crop_and_resize", 3, {}, {{"roi", Floats{0.4f, 1.2f}}, {"extrapolation", 10.0f}})),
              f32({2.2f, 3.8f, 10})));
  const Tensor square = f32({1, 1, 2, 2}, {1, 2, 3, 4});
  CHECK(close(run("resize", {square}, {{"mode", std::string("linear")}, {"sizes", Ints{1, 1, 3, 3}}}),
              f32({1, 1, 3, 3}, {1, 1.5f, 2, 2, 2.5f, 3, 3, 3.5f, 4})));
}

TEST_CASE("resize: cubic") {
  CHECK(close(run("resize", {kRow}, way("cubic", "half_pixel", 8, {2})),
              f32({0.8945312f, 1.1914062f, 1.6679688f, 2.2617188f, 2.5976562f, 3.5585938f, 4.5820312f, 5.2109375f})));
  CHECK(close(run("resize", {kRow}, way("cubic", "half_pixel", 8, {2}, {{"exclude_outside", int64_t{1}}})),
              f32({0.8636364f, 1.1731448f, 1.645283f, 2.2617188f, 2.5976562f, 3.6075473f, 4.6219082f, 5.2727275f})));
  CHECK(close(run("resize", {kRow}, way("cubic", "align_corners", 6, {}, {{"cubic_a", -0.5f}})),
              f32({1, 1.5519998f, 2.1839986f, 2.7359991f, 3.8239992f, 5})));
  CHECK(close(run("resize", {kRow}, way("cubic", "half_pixel", 2, {}, {{"antialias", int64_t{1}}})), f32({1.4199219f, 4.0097656f})));
}

TEST_CASE("resize: nearest, of any type") {
  const auto nearest = [](std::string kind) { return Attributes{{"nearest", std::move(kind)}}; };
  // half_pixel to 2: x = 0.5 and 2.5;  asymmetric to 7: x = y * 4 / 7
  CHECK(values<float>(run("resize", {kRow}, way("nearest", "half_pixel", 2, {}, nearest("round_prefer_floor")))) == F{1, 3});
  CHECK(values<float>(run("resize", {kRow}, way("nearest", "half_pixel", 2, {}, nearest("round_prefer_ceil")))) == F{2, 5});
  CHECK(values<float>(run("resize", {kRow}, way("nearest", "asymmetric", 7, {}, nearest("floor")))) == F{1, 1, 2, 2, 3, 3, 5});
  CHECK(values<float>(run("resize", {kRow}, way("nearest", "asymmetric", 7, {}, nearest("ceil")))) == F{1, 2, 3, 3, 5, 5, 5});
  const Tensor bytes = run("resize", {iota<uint8_t>({1, 1, 2, 2})}, {{"sizes", Ints{1, 1, 4, 2}}});
  CHECK(values<uint8_t>(bytes) == std::vector<uint8_t>{0, 1, 0, 1, 2, 3, 2, 3});
  CHECK(run("resize", {f32({0}, {})}, way("nearest", "half_pixel", 0)).size() == 0);
}

TEST_CASE("resize refuses what does not fit") {
  CHECK_REFUSED("mode is \"bilinear\", expected one of nearest linear cubic", "resize", {kRow}, way("bilinear", "half_pixel", 2));
  CHECK_REFUSED("coordinates is \"half\"", "resize", {kRow}, way("linear", "half", 2));
  CHECK_REFUSED("scale 2 makes 8 of 4, sizes says 9", "resize", {kRow}, way("linear", "half_pixel", 9, {2}));
  CHECK_REFUSED("sizes says 1", "resize", {kRow}, way("linear", "half_pixel", 1, {1e-30f}));
  CHECK_REFUSED("sizes says 1", "resize", {kRow}, way("linear", "half_pixel", 1, {-0.25f}));
  CHECK_REFUSED("sizes says 1", "resize", {kRow}, way("linear", "half_pixel", 1, {std::numeric_limits<float>::quiet_NaN()}));
  CHECK_REFUSED("an extent of 4 cannot become -1", "resize", {kRow}, way("linear", "half_pixel", -1));
  CHECK_REFUSED("an extent of 4 cannot become 0", "resize", {kRow}, way("linear", "half_pixel", 0));
  CHECK_REFUSED("roi has 0 numbers, expected 2", "resize", {kRow}, way("linear", "tf_crop_and_resize", 2));
  CHECK_REFUSED("src is i32, expected f32 or f64", "resize", {i32({1})}, way("linear", "half_pixel", 2));
  CHECK_REFUSED("resize", "resize", {kRow}, way("nearest", "half_pixel", INT64_MAX));
  CHECK_REFUSED("1 sizes for 2 dimensions", "resize", {iota<float>({2, 2})}, way("nearest", "half_pixel", 2));
}
