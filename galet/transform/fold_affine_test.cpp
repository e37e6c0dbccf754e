#include <doctest/doctest.h>

#include "galet/transform/testing.h"

using namespace galet;
using namespace galet::transform::testing;

namespace {

const std::string kConv = "input x: f32[1x2x2x2]; const w: f32[2x2x1x1] = {1, 2, 3, 4}; const b: f32[2] = {5, 6}\n";
const std::string kPerChannel = "const k: f32[2x1x1] = {2, 4}\n";

}  // namespace

TEST_CASE("fold_affine: behind a convolution") {
  CHECK(
      check(
          "fold_affine", kConv + kPerChannel + "c = conv2d(x, w, b); m = mul(c, k); y = add(k, m); output y",
          "input x: f32[1x2x2x2]; const w: f32[2x2x1x1] = {2, 4, 12, 16}; const b: f32[2] = {12, 28}; y = conv2d(x, w, b) @c; output y") ==
      "");
  CHECK(check("fold_affine", kConv + kPerChannel + "c = conv2d(x, w); d = div(c, k); y = sub(d, k); output y",
              "input x: f32[1x2x2x2]; const w: f32[2x2x1x1] = {0.5, 1, 0.75, 1}; const c.bias: f32[2] = {-2, -4}; y = conv2d(x, w, c.bias) "
              "@c; output y") == "");
  CHECK(check("fold_affine", kConv + "const k: f32[] = {1}; c = conv2d(x, w, b); y = sub(k, c); output y",
              "input x: f32[1x2x2x2]; const w: f32[2x2x1x1] = {-1, -2, -3, -4}; const b: f32[2] = {-4, -5}; y = conv2d(x, w, b) @c; output "
              "y") == "");
}

TEST_CASE("fold_affine: the bias of a linear layer") {
  CHECK(check("fold_affine",
              "input x: f32[3x2]; const fc.weight: f32[2x2] = {1, 2, 3, 4}; const bias: f32[2] = {5, 6}; l = linear(x, fc.weight); y = "
              "add(l, bias); output y",
              "input x: f32[3x2]; const fc.weight: f32[2x2] = {1, 2, 3, 4}; const fc.bias: f32[2] = {5, 6}; y = linear(x, fc.weight, "
              "fc.bias) @l; output y") == "");
}

TEST_CASE("fold_affine: before a convolution") {
  CHECK(
      check(
          "fold_affine", kConv + kPerChannel + "s = sub(x, k); d = div(s, k); y = conv2d(d, w, b); output y",
          "input x: f32[1x2x2x2]; const w: f32[2x2x1x1] = {0.5, 0.5, 1.5, 1}; const b: f32[2] = {2, -1}; y = conv2d(x, w, b); output y") ==
      "");
  // grouped: the second group's weights meet the second channel
  CHECK(check("fold_affine",
              "input x: f32[1x2x2x2]; const w: f32[2x1x1x1] = {1, 2}\n" + kPerChannel +
                  "m = mul(k, x); y = conv2d(m, w) group=2 pads=[1,1,1,1]; output y",
              "input x: f32[1x2x2x2]; const w: f32[2x1x1x1] = {2, 8}; y = conv2d(x, w) group=2 pads=[1,1,1,1]; output y") == "");
}

TEST_CASE("fold_affine: what it leaves alone, and why") {
  Graph graph = graph_of(kConv + kPerChannel +
                         "const full: f32[1x2x2x2] = {1,2,3,4,5,6,7,8}; const row: f32[2] = {1, 2}\n"
                         "a = add(x, k); y1 = conv2d(a, w) pads=[1,0,0,0]; c = conv2d(x, w) activation=\"relu\"; y2 = mul(c, k); d = "
                         "conv2d(x, w); y3 = add(d, full); e = conv2d(x, w)\n"
                         "y4 = mul(e, row); f = conv2d(x, w); y5 = add(f, k) activation=\"relu\"; h = conv2d(x, w); y6 = div(k, h)\n"
                         "output y1; output y2; output y3; output y4; output y5; output y6");
  const std::string before = print(graph);
  CHECK(reasons(transform::run_pass(graph, "fold_affine")) ==
        "y1: padding comes between add \"a\" and the convolution; y2: conv2d \"c\" has an activation");
  CHECK(print(graph) == before);
}
