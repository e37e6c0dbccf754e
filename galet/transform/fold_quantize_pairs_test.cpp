#include <doctest/doctest.h>

#include "galet/transform/testing.h"

using namespace galet;
using namespace galet::transform::testing;

namespace {

const std::string kScales =
    "const s: f32[] = {0.5}; const z: u8[] = {10}; const t: f32[] = {0.25}; const zi: i8[] = {-28}; const zero: i8[1] = {0}\n";
const std::string kSpec = " quant(u8, scale=0.5, zero=10)";
const std::string kShifted = " quant(u8, scale=0.25, zero=100)";

}  // namespace

TEST_CASE("fold_quantize_pairs: activations, u8 and i8, input and output of the graph") {
  CHECK(check("fold_quantize_pairs",
              "input x: f32[2]\n" + kScales +
                  "q = quantize(x, s, z); d = dequantize(q, s, z); r = relu(d); q2 = quantize(r, t, zi) to=\"i8\"; d2 = dequantize(q2, t, "
                  "zi); a = sigmoid(d2); b = tanh(d2); c = add(a, b)\n"
                  "q3 = quantize(c, s, z); y = dequantize(q3, s, z); output y",
              "input x: f32[2]" + kSpec + "; r = relu(x) -> f32[2]" + kShifted +
                  "; a = sigmoid(r); b = tanh(r); y = add(a, b) @c -> f32[2]" + kSpec + "; output y",
              0) == "");
}

TEST_CASE("fold_quantize_pairs: a convolution with codes for weight and bias") {
  CHECK(check("fold_quantize_pairs",
              "input x: f32[1x1x2x2]\n" + kScales +
                  "const w_quantized: i8[2x1x1x1] = {3, -5}; const ws: f32[2] = {0.5, 0.25}; const wz: i8[2] = {0, 0}; const b: i32[2] = "
                  "{100, 7}; const bs: f32[2] = {0.25, 0.125}\n"
                  "q = quantize(x, s, z); d = dequantize(q, s, z); w_dq = dequantize(w_quantized, ws, wz) axis=0; b_dq = dequantize(b, bs) "
                  "axis=0; c = conv2d(d, w_dq, b_dq); q2 = quantize(c, s, z)\n"
                  "y = dequantize(q2, s, z); output y",
              "input x: f32[1x1x2x2]" + kSpec +
                  "; const w: f32[2x1x1x1] quant(i8, axis=0, scale=[0.5,0.25], zero=0) = {3, -5}; const b: f32[2] quant(i32, axis=0, "
                  "scale=[0.25,0.125], zero=0) = {100, 7}\n"
                  "y = conv2d(x, w, b) @c -> f32[1x2x2x2]" +
                  kSpec + "; output y",
              0) == "");
}

TEST_CASE("fold_quantize_pairs: weights of u8, weights that are not symmetric, constants of additions") {
  CHECK(check("fold_quantize_pairs",
              "input x: f32[1x1x2x2]\n" + kScales +
                  "const w: u8[1x1x1x1] = {130}; const middle: u8[] = {128}; const v: u8[1x1x1x1] = {14}; const k: i8[2] = {4, -28}\n"
                  "wd = dequantize(w, s, middle); a = conv2d(x, wd); vd = dequantize(v, s, z); b = conv2d(a, vd); kd = dequantize(k, t, "
                  "zi); y = add(b, kd); output y",
              "input x: f32[1x1x2x2]; const w: f32[1x1x1x1] quant(i8, scale=0.5, zero=0) = {2}; a = conv2d(x, w); const v: f32[1x1x1x1] = "
              "{2}; b = conv2d(a, v)\n"
              "const k: f32[2] quant(u8, scale=0.25, zero=100) = {132, 100}; y = add(b, k); output y",
              0) == "");
}

TEST_CASE("fold_quantize_pairs: several pairs on one value, pairs around movements of codes") {
  CHECK(check("fold_quantize_pairs",
              "input x: f32[1x1x4x4]\n" + kScales +
                  "const s2: f32[] = {0.5}; q = quantize(x, s, z); d = dequantize(q, s, z); q2 = quantize(x, s2, z); d2 = dequantize(q2, "
                  "s2, z); a = relu(d); b = add(a, d2)\n"
                  "q3 = quantize(b, s, z); p = max_pool(q3) kernel=[2,2] strides=[2,2]; r = reshape(p) shape=[1,4]; d3 = dequantize(r, s, "
                  "z); y = relu(d3); output y",
              "input x: f32[1x1x4x4]" + kSpec + "; a = relu(x); b = add(a, x) -> f32[1x1x4x4]" + kSpec +
                  "; p = max_pool(b) kernel=[2,2] strides=[2,2] -> f32[1x1x2x2]" + kSpec + "; r = reshape(p) shape=[1,4] -> f32[1x4]" +
                  kSpec + "; y = relu(r); output y",
              0) == "");
}

TEST_CASE("fold_quantize_pairs: a graph that is given and gives codes") {
  CHECK(check("fold_quantize_pairs",
              "input x: u8[2]\n" + kScales + "d = dequantize(x, s, z); r = sigmoid(d); y = quantize(r, t, zi) to=\"i8\"; output y",
              "input x: u8[2]; const s: f32[] = {0.5}; const z: u8[] = {10}; d = dequantize(x, s, z) -> f32[2]" + kSpec +
                  "; r = sigmoid(d) -> f32[2]" + kShifted +
                  "; const t: f32[] = {0.25}; const zi: i8[] = {-28}; y = quantize(r, t, zi) to=\"i8\"; output y",
              0) == "");
}

TEST_CASE("fold_quantize_pairs: what it leaves alone, and why") {
  Graph graph = graph_of("input x: f32[2]; input x2: f32[2]; input x3: f32[2]; input x4: f32[2]; input x5: f32[2]\n" + kScales +
                         "const per: f32[2] = {1, 2}; const zz: u8[2] = {0, 0}; const z16: u16[] = {5}; const k16: u16[2] = {1, 2}\n"
                         "q1 = quantize(x, s, z); y1 = dequantize(q1, s, z); o1 = relu(y1); n1 = relu(x); q2 = quantize(x2, per, zz) "
                         "axis=0; y2 = dequantize(q2, per, zz) axis=0; o2 = relu(y2)\n"
                         "q3 = quantize(x3, s, z); y3 = dequantize(q3, t, z); o3 = relu(y3); q4 = quantize(x4, s, z16) to=\"u16\"; y4 = "
                         "dequantize(q4, s, z16); o4 = relu(y4)\n"
                         "y5 = dequantize(k16, s, z16); o5 = add(x5, y5); r6 = relu(x5) -> f32[2] quant(u8, scale=4, zero=0); q6 = "
                         "quantize(r6, s, z); y6 = dequantize(q6, s, z); o6 = relu(y6)\n"
                         "output o1; output n1; output o2; output o3; output o4; output o5; output o6");
  const std::string before = print(graph);
  CHECK(reasons(transform::run_pass(graph, "fold_quantize_pairs")) ==
        "y1: \"x\" is read in float by relu \"n1\"; y2: activations are quantized per tensor only; y3: quantize and dequantize differ in "
        "scale or zero point; "
        "y4: its codes are u16; y5: its codes are u16; y6: \"r6\" has another quantization already");
  CHECK(print(graph) == before);
}

TEST_CASE("simplify: weights that are quantized at run time, and transposed for a matrix product") {
  Graph graph = graph_of("input x: f32[1x2]\n" + kScales +
                         "const w: f32[3x2] = {1, -2, 0.5, 3, 0, 1}; qw = quantize(w, s, zero) to=\"i8\"; dw = dequantize(qw, s, zero); wt "
                         "= transpose(dw) perm=[1,0]; qx = quantize(x, s, z)\n"
                         "dx = dequantize(qx, s, z); y = matmul(dx, wt); output y");
  transform::simplify(graph);
  CHECK(print(graph) == print(graph_of("input x: f32[1x2] quant(u8, scale=0.5, zero=10); const wt: f32[3x2] quant(i8, scale=0.5, zero=0) = "
                                       "{2, -4, 1, 6, 0, 2}; y = linear(x, wt); output y")));
}

TEST_CASE("fold_quantize_pairs: float movements of a quantized value move codes") {
  CHECK(check("fold_quantize_pairs",
              "input x: f32[1x2x4x4]" + kSpec +
                  "; a = slice(x) starts=[0] ends=[4] axes=[2] steps=[2]; b = pad(a) pads=[0,1,0,0,0,1,0,0]; c = pad(b) "
                  "pads=[0,0,1,0,0,0,0,0] value=0.3\n"
                  "d = global_average_pool(c); output d",
              "input x: f32[1x2x4x4]" + kSpec + "; a = slice(x) starts=[0] ends=[4] axes=[2] steps=[2] -> f32[1x2x2x4]" + kSpec +
                  "; b = pad(a) pads=[0,1,0,0,0,1,0,0] -> f32[1x4x2x4]" + kSpec +
                  "; c = pad(b) pads=[0,0,1,0,0,0,0,0] value=0.3; d = global_average_pool(c); output d",
              0) == "");
}

TEST_CASE("fold_quantize_pairs: a quantization of its own goes before the one that is carried on") {
  CHECK(check("fold_quantize_pairs",
              "input x: f32[4]" + kSpec + "\n" + kScales +
                  "a = slice(x) starts=[0] ends=[2] axes=[0] steps=[1]; b = reshape(a) shape=[1,2]; q = quantize(b, t, zi) to=\"i8\"; d = "
                  "dequantize(q, t, zi); y = relu(d); output y",
              "input x: f32[4]" + kSpec + "; a = slice(x) starts=[0] ends=[2] axes=[0] steps=[1] -> f32[2]" + kSpec +
                  "; b = reshape(a) shape=[1,2] -> f32[1x2]" + kShifted + "; y = relu(b); output y",
              0) == "");
}
