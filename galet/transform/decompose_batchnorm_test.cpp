#include <doctest/doctest.h>

#include "galet/transform/testing.h"

using namespace galet;
using namespace galet::transform::testing;

namespace {

const std::string kNorm =
    "const s: f32[2] = {4, -0.5}; const t: f32[2] = {1, 0.5}; const m: f32[2] = {3, 1}; const v: f32[2] = {4, 0.25}\n";

}  // namespace

TEST_CASE("decompose_batchnorm: pictures") {
  CHECK(check("decompose_batchnorm",
              "input x: f32[1x2x2x2]\n" + kNorm +
                  "bn = batch_norm(x, s, t, m, v) epsilon=0 -> f32[1x2x2x2] quant(u8, scale=0.5, zero=9); y = relu(bn); output y",
              "input x: f32[1x2x2x2]; const bn.weight: f32[2x1x1x1] = {2, -1}; const bn.bias: f32[2] = {-5, 1.5}\n"
              "bn = conv2d(x, bn.weight, bn.bias) group=2 -> f32[1x2x2x2] quant(u8, scale=0.5, zero=9); y = relu(bn); output y") == "");
}

TEST_CASE("decompose_batchnorm: other ranks") {
  CHECK(check("decompose_batchnorm", "input x: f32[3x2x5]\n" + kNorm + "y = batch_norm(x, s, t, m, v) epsilon=0; output y",
              "input x: f32[3x2x5]; const y.weight: f32[1x2x1] = {2, -1}; y.mul = mul(x, y.weight); const y.bias: f32[1x2x1] = {-5, 1.5}; "
              "y = add(y.mul, y.bias); output y") == "");
}
