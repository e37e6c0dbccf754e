#include <doctest/doctest.h>

#include "galet/transform/testing.h"

using namespace galet;
using namespace galet::transform::testing;

TEST_CASE("rewrite_clip: minimum and maximum with a number") {
  const std::string head = "input x: f32[2]; const zero: f32[] = {0}; const six: f32[1] = {6}; const low: f32[2] = {-1, -1}\n";
  CHECK(check("rewrite_clip", head + "y = max(zero, x); output y", "input x: f32[2]; y = relu(x); output y") == "");
  CHECK(check("rewrite_clip", head + "a = relu(x); y = min(a, six); output y", "input x: f32[2]; y = clip(x) min=0 max=6; output y") == "");
  CHECK(check("rewrite_clip", head + "a = max(x, zero); y = min(six, a); output y", "input x: f32[2]; y = clip(x) min=0 max=6; output y") ==
        "");
  CHECK(check("rewrite_clip", head + "a = min(x, six); y = max(a, low); output y", "input x: f32[2]; y = clip(x) min=-1 max=6; output y") ==
        "");
  CHECK(check("rewrite_clip", head + "a = clip(x) min=-2 max=3; b = relu(a); y = clip(b) min=-inf max=1; output y",
              "input x: f32[2]; y = clip(x) min=0 max=1; output y") == "");
}

TEST_CASE("rewrite_clip: not with different numbers, not where the shape would change, not where the inner one is read") {
  const std::string text =
      "input x: f32[2]; const two: f32[2] = {1, 2}; const wide: f32[1x1] = {6}; a = min(x, two); b = min(x, wide); c = relu(x); d = "
      "clip(c) max=1; output a; output b; output c; output d";
  CHECK(check("rewrite_clip", text,
              "input x: f32[2]; const two: f32[2] = {1, 2}; const wide: f32[1x1] = {6}; a = min(x, two); b = min(x, wide); c = relu(x); d "
              "= clip(c) max=1\n"
              "output a; output b; output c; output d") == "");
}
