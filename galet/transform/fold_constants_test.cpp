#include <doctest/doctest.h>

#include "galet/transform/testing.h"

using namespace galet;
using namespace galet::transform::testing;

TEST_CASE("fold_constants: chains, several results, constant outputs") {
  CHECK(check("fold_constants",
              "input x: f32[2]; const a: f32[2] = {1, 2}; const b: f32[] = {3}; c = mul(a, b); d = add(c, b); p, q = split(d) axis=0 "
              "sizes=[1,1]; y = add(x, q); output y; output d",
              "input x: f32[2]; const q: f32[1] = {9}; y = add(x, q); const d: f32[2] = {6, 9}; output y; output d") == "");
}

TEST_CASE("fold_constants: codes are moved, nothing else is done to them") {
  CHECK(check("fold_constants",
              "input x: f32[1x2]; const w: f32[2x3] quant(i8, axis=1, scale=[1,2,3], zero=0) = {1, 2, 3, 4, 5, 6}; t = transpose(w) "
              "perm=[1,0]; r = reshape(t) shape=[3,1,2]\n"
              "u = reshape(t) shape=[3,2]; y = linear(x, u); output y; output r",
              "input x: f32[1x2]; const u: f32[3x2] quant(i8, axis=0, scale=[1,2,3], zero=0) = {1, 4, 2, 5, 3, 6}; y = linear(x, u)\n"
              "const r: f32[3x1x2] quant(i8, axis=0, scale=[1,2,3], zero=0) = {1, 4, 2, 5, 3, 6}; output y; output r") == "");
  Graph graph = graph_of(
      "const w: f32[4] quant(i8, axis=0, scale=[1,2,3,4], zero=0) = {1, 2, 3, 4}; a = reshape(w) shape=[2,2]; b = relu(w); output a; "
      "output b");
  CHECK(reasons(transform::run_pass(graph, "fold_constants")) ==
        "a: the channels of a quantized constant would not survive it; b: an operand is a quantized constant");
}

TEST_CASE("fold_constants: not beyond 64 MB") {
  Graph graph = graph_of("input x: f32[1]; const one: f32[1] = {1}; big = expand(one) shape=[17000,1000]; y = add(x, big); output y");
  CHECK(reasons(transform::run_pass(graph, "fold_constants")) == "big: the constant would take 64 MB");
}
