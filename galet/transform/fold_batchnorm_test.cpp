#include <doctest/doctest.h>

#include "galet/transform/testing.h"

using namespace galet;
using namespace galet::transform::testing;

namespace {

/// Scale, shift, mean and variance of two channels: k = 2, -1; t = 1 - 3*2, 0.5 - 1*(-1).
const std::string kNorm =
    "const s: f32[2] = {4, -0.5}; const t: f32[2] = {1, 0.5}; const m: f32[2] = {3, 1}; const v: f32[2] = {4, 0.25}\n";

}  // namespace

TEST_CASE("fold_batchnorm: into a convolution without bias") {
  CHECK(check("fold_batchnorm",
              "input x: f32[1x1x2x2]; const c.weight: f32[2x1x1x1] = {3, 5}\n" + kNorm +
                  "c = conv2d(x, c.weight); y = batch_norm(c, s, t, m, v) epsilon=0; output y",
              "input x: f32[1x1x2x2]; const c.weight: f32[2x1x1x1] = {6, -5}; const c.bias: f32[2] = {-5, 1.5}\n"
              "y = conv2d(x, c.weight, c.bias) @c; output y") == "");
}

TEST_CASE("fold_batchnorm: with bias, grouped, into a transposed convolution, into a linear layer") {
  CHECK(check("fold_batchnorm",
              "input x: f32[1x2x3x3]; const w: f32[2x1x2x2] = {1,2,3,4, 5,6,7,8}; const b: f32[2] = {1, 2}\n" + kNorm +
                  "c = conv2d(x, w, b) group=2 pads=[1,0,0,1]; y = batch_norm(c, s, t, m, v) epsilon=0; output y",
              "input x: f32[1x2x3x3]; const w: f32[2x1x2x2] = {2,4,6,8, -5,-6,-7,-8}; const b: f32[2] = {-3, -0.5}\n"
              "y = conv2d(x, w, b) @c group=2 pads=[1,0,0,1]; output y") == "");
  CHECK(check("fold_batchnorm",
              "input x: f32[3x2]; const w: f32[2x2] = {1, 2, 3, 4}\n" + kNorm +
                  "l = linear(x, w); y = batch_norm(l, s, t, m, v) epsilon=0; output y",
              "input x: f32[3x2]; const w: f32[2x2] = {2, 4, -3, -4}; const l.bias: f32[2] = {-5, 1.5}\n"
              "y = linear(x, w, l.bias) @l; output y") == "");
}

TEST_CASE("fold_batchnorm: a shared weight gets private copies") {
  CHECK(check("fold_batchnorm",
              "input x: f32[1x1x2x2]; const w: f32[2x1x1x1] mask=u8{1, 0} = {3, 0}\n" + kNorm +
                  "a = conv2d(x, w); p = batch_norm(a, s, t, m, v) epsilon=0; b = conv2d(x, w); q = batch_norm(b, t, t, m, v) epsilon=0; "
                  "output p; output q",
              "input x: f32[1x1x2x2]; const w_1: f32[2x1x1x1] mask=u8{1, 0} = {6, -0}; const a.bias: f32[2] = {-5, 1.5}\n"
              "p = conv2d(x, w_1, a.bias) @a; const w: f32[2x1x1x1] mask=u8{1, 0} = {1.5, 0}; const b.bias: f32[2] = {-0.5, -0.5}\n"
              "q = conv2d(x, w, b.bias) @b; output p; output q") == "");
}

TEST_CASE("fold_batchnorm: what it leaves alone, and why") {
  Graph graph = graph_of(
      "input x: f32[1x1x2x2]; const w: f32[2x1x1x1] = {3, 5}; const b: f32[2] = {1, 2}; const qw: f32[2x1x1x1] quant(i8, scale=0.1, "
      "zero=0) = {3, 5}\n" +
      kNorm +
      "c = conv2d(x, w, b); y1 = batch_norm(c, s, t, m, v); y2 = add(c, y1); d = conv2d(x, w) activation=\"relu\"; y3 = batch_norm(d, s, "
      "t, m, v)\n"
      "e = conv2d(x, qw); y4 = batch_norm(e, s, t, m, v); f = conv2d(x, w); const bad: f32[2] = {-1, 1}; y5 = batch_norm(f, s, t, m, bad)\n"
      "g = conv2d(x, w) -> f32[1x2x2x2] quant(u8, scale=1, zero=3); y6 = batch_norm(g, s, t, m, v); output y2; output y3; output y4; "
      "output y5; output y6");
  CHECK(reasons(transform::run_pass(graph, "fold_batchnorm")) ==
        "y1: \"c\" has other readers; y3: conv2d \"d\" has an activation; y4: the weight of conv2d \"e\" is quantized already; y5: channel "
        "0 has variance -1; "
        "y6: \"g\" has a quantization of its own");
}

TEST_CASE("fold_batchnorm: statistics and quantization of the result stay with the value") {
  CHECK(check("fold_batchnorm",
              "input x: f32[1x1x2x2]; const w: f32[2x1x1x1] = {3, 5}\n" + kNorm +
                  "c = conv2d(x, w) -> f32[1x2x2x2] stats(count=1, min=9); y = batch_norm(c, s, t, m, v) epsilon=0 -> f32[1x2x2x2] "
                  "quant(u8, scale=0.5, zero=7) stats(count=2); output y",
              "input x: f32[1x1x2x2]; const w: f32[2x1x1x1] = {6, -5}; const c.bias: f32[2] = {-5, 1.5}\n"
              "y = conv2d(x, w, c.bias) @c -> f32[1x2x2x2] quant(u8, scale=0.5, zero=7) stats(count=2); output y") == "");
}
