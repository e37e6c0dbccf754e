// Decoding of heads, and non-maximum suppression: values worked out by hand, and refusals.
#include <doctest/doctest.h>

#include <cmath>
#include <limits>

#include "galet/core/random.h"
#include "galet/ops/testing.h"

using namespace galet;
using namespace galet::ops::testing;
using F = std::vector<float>;
using I = std::vector<int64_t>;

TEST_CASE("decode_centers") {
  // Two classes on a 2 x 3 map: class 1 at (1, 2), class 0 at (0, 1), and a tie that goes to what comes first.
  const Tensor peaks = f32({1, 2, 2, 3}, {0, .5f, 0, 0, 0, 0, .5f, 0, 0, 0, 0, .9f});
  const Tensor wh = f32({1, 2, 2, 3}, {2, 4, 2, 2, 2, 6, 1, 2, 1, 1, 1, 3}),
               reg = f32({1, 2, 2, 3}, {0, .25f, 0, 0, 0, .5f, 0, .75f, 0, 0, 0, 0});
  const Tensor found = run("decode_centers", {peaks, wh, reg}, {{"k", int64_t{4}}, {"stride", 2.f}});
  REQUIRE(found.shape() == Shape{1, 4, 6});
  CHECK(values<float>(found) == F{-1,    -1,   11,   5,    .9f, 1,  //  (2.5 -+ 3, 1 -+ 1.5) * 2
                                  -1.5f, -.5f, 6.5f, 3.5f, .5f, 0,  // (1.25 -+ 2, .75 -+ 1) * 2
                                  -2,    -1,   2,    1,    .5f, 1, 0, 0, 0, 0, 0, 0});
  const Tensor of_class = f32({1, 4, 1, 1}, {2, 4, 6, 8}), one = f32({1, 2, 1, 1}, {.1f, .2f});
  CHECK(values<float>(run("decode_centers", {one, of_class}, {{"k", int64_t{1}}})) == F{-12, -16, 12, 16, .2f, 1});
  CHECK_REFUSED("wh has 3 channels, expected 2 or 4", "decode_centers", {peaks, iota<float>({1, 3, 2, 3})});
  CHECK_REFUSED("k 13 is not within 1..12", "decode_centers", {peaks, wh}, {{"k", int64_t{13}}});
  CHECK_REFUSED("stride is -1", "decode_centers", {peaks, wh}, {{"stride", -1.f}, {"k", int64_t{1}}});
}

TEST_CASE("decode_anchors and decode_points") {
  const Tensor anchors = f32({2, 4}, {0, 0, 10, 20, 10, 10, 30, 20});
  const Tensor deltas = f32({1, 2, 4}, {0, 0, 0, 0, 1, .5f, std::log(2.f), 100});
  const Tensor boxes = run("decode_anchors", {deltas, anchors}, {{"limit", std::log(4.f)}});
  CHECK(close(boxes, f32({1, 2, 4}, {0, 0, 10, 20, 20, 0, 60, 40})));
  const Tensor weighted = run("decode_anchors", {f32({1, 1, 4}, {10, 5, 0, 0}), f32({1, 4}, {0, 0, 2, 2})}, {{"weights", F{10, 10, 5, 5}}});
  CHECK(close(weighted, f32({1, 1, 4}, {2, 1, 4, 3})));
  CHECK(values<float>(run("decode_points", {f32({1, 1, 4}, {1, 2, 3, 4}), f32({1, 2}, {10, 20})})) == F{9, 18, 13, 24});
  CHECK_REFUSED("expected", "decode_points", {f32({1, 1, 4}, {1, 2, 3, 4}), f32({2, 2}, {10, 20, 1, 1})});
  CHECK_REFUSED("a weight of 0", "decode_anchors", {deltas, anchors}, {{"weights", F{1, 1, 1, 0}}});
  CHECK_REFUSED("3 weights", "decode_anchors", {deltas, anchors}, {{"weights", F{1, 1, 1}}});
}

namespace {
// Three boxes: the second covers most of the first, the third lies apart.
const F kBoxes{0, 0, 10, 10, 1, 0, 11, 10, 30, 30, 40, 40};
Tensor scores(const F& values, int64_t classes) { return f32({1, 3, classes}, values); }
}  // namespace

TEST_CASE("select_detections: per class, agnostic, none, soft") {
  const Tensor boxes = f32({1, 3, 4}, kBoxes);
  const Tensor two = scores({.9f, .1f, .8f, .95f, .3f, .3f}, 2);
  Attributes attributes{{"k", int64_t{4}}, {"score_threshold", .2f}};
  CHECK(values<float>(run("select_detections", {boxes, two}, attributes)) ==
        F{1, 0, 11, 10, .95f, 1, 0, 0, 10, 10, .9f, 0, 30, 30, 40, 40, .3f, 0, 30, 30, 40, 40, .3f, 1});
  attributes["mode"] = std::string("agnostic");
  CHECK(values<float>(run("select_detections", {boxes, two}, attributes)) ==
        F{1, 0, 11, 10, .95f, 1, 30, 30, 40, 40, .3f, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0});
  attributes["mode"] = std::string("none");
  attributes["k"] = int64_t{3};
  CHECK(values<float>(run("select_detections", {boxes, two}, attributes)) ==
        F{1, 0, 11, 10, .95f, 1, 0, 0, 10, 10, .9f, 0, 1, 0, 11, 10, .8f, 0});
  attributes["mode"] = std::string("class");
  attributes["background"] = int64_t{1};
  attributes["candidates"] = int64_t{1};
  CHECK(values<float>(run("select_detections", {boxes, two}, attributes)) == F{1, 0, 11, 10, .95f, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0});
  const Tensor soft =
      run("select_detections", {boxes, scores({.9f, .8f, .3f}, 1)}, {{"k", int64_t{3}}, {"soft_sigma", .5f}, {"score_threshold", .01f}});
  const float share = 90.f / 110.f, sunk = .8f * std::exp(-(share * share) / .5f);
  CHECK(close(soft, f32({1, 3, 6}, {0, 0, 10, 10, .9f, 0, 30, 30, 40, 40, .3f, 0, 1, 0, 11, 10, sunk, 0})));
}

TEST_CASE("select_detections: hostile numbers") {
  const float nan = std::numeric_limits<float>::quiet_NaN(), inf = std::numeric_limits<float>::infinity();
  const Tensor boxes = f32({1, 3, 4}, {nan, 0, 1, 1, 0, 0, inf, inf, -inf, 5, 5, 5});
  const Tensor found = run("select_detections", {boxes, scores({nan, .5f, .4f}, 1)}, {{"k", int64_t{3}}});
  CHECK(found.span<float>()[4] == .5f);
  const Tensor good = f32({1, 3, 4}, kBoxes);
  CHECK_REFUSED("mode \"soft\"", "select_detections", {good, scores({1, 1, 1}, 1)}, {{"mode", std::string("soft")}, {"k", int64_t{1}}});
  CHECK_REFUSED("k 4 is not within 1..3", "select_detections", {good, scores({1, 1, 1}, 1)}, {{"k", int64_t{4}}});
  CHECK_REFUSED("background 1 leaves none", "select_detections", {good, scores({1, 1, 1}, 1)}, {{"background", int64_t{1}}});
  CHECK_REFUSED("boxes", "select_detections", {f32({1, 2, 4}, F(8)), scores({1, 1, 1}, 1)});
}

TEST_CASE("non_max_suppression: ONNX's, padded") {
  const Tensor boxes = f32({1, 3, 4}, kBoxes), s = f32({1, 2, 3}, {.9f, .8f, .3f, .1f, .95f, .2f});
  Attributes attributes{{"max_per_class", int64_t{2}}, {"iou_threshold", .5f}, {"score_threshold", .15f}};
  CHECK(values<int64_t>(run("non_max_suppression", {boxes, s}, attributes)) == I{0, 0, 0, 0, 0, 2, 0, 1, 1, 0, 1, 2});
  attributes["score_threshold"] = .5f;
  CHECK(values<int64_t>(run("non_max_suppression", {boxes, s}, attributes)) == I{0, 0, 0, 0, 1, 1, -1, -1, -1, -1, -1, -1});
  // Corners in any order; centre form.
  const Tensor turned = f32({1, 3, 4}, {10, 10, 0, 0, 11, 0, 1, 10, 40, 30, 30, 40}),
               centred = f32({1, 3, 4}, {5, 5, 10, 10, 6, 5, 10, 10, 35, 35, 10, 10});
  CHECK(values<int64_t>(run("non_max_suppression", {turned, s}, attributes)) == I{0, 0, 0, 0, 1, 1, -1, -1, -1, -1, -1, -1});
  attributes["center"] = int64_t{1};
  CHECK(values<int64_t>(run("non_max_suppression", {centred, s}, attributes)) == I{0, 0, 0, 0, 1, 1, -1, -1, -1, -1, -1, -1});
  CHECK(run("non_max_suppression", {boxes, s}, {{"max_per_class", int64_t{0}}}).shape() == Shape{0, 3});
  CHECK_REFUSED("max_per_class is -1", "non_max_suppression", {boxes, s}, {{"max_per_class", int64_t{-1}}});
}
