#include <doctest/doctest.h>

#include "galet/transform/testing.h"

using namespace galet;
using namespace galet::transform::testing;

TEST_CASE("rewrite_matmul: with a constant") {
  CHECK(check("rewrite_matmul",
              "input x: f32[4x5x2]; const w: f32[2x3] mask=u8{1,1,1,0,1,1} = {1, 2, 3, 0, 5, 6}; y = matmul(x, w); output y",
              "input x: f32[4x5x2]; const w: f32[3x2] mask=u8{1,0,1,1,1,1} = {1, 0, 2, 5, 3, 6}; y = linear(x, w); output y") == "");
  CHECK(
      check(
          "rewrite_matmul",
          "input x: f32[4x2]; const w: f32[2x3] quant(i8, axis=1, scale=[1,2,3], zero=0) = {1, 2, 3, 4, 5, 6}; y = matmul(x, w); output y",
          "input x: f32[4x2]; const w: f32[3x2] quant(i8, axis=0, scale=[1,2,3], zero=0) = {1, 4, 2, 5, 3, 6}; y = linear(x, w); output "
          "y") == "");
}

TEST_CASE("rewrite_matmul: a shared matrix gets a copy") {
  CHECK(check("rewrite_matmul", "input x: f32[2x2]; const w: f32[2x2] = {1, 2, 3, 4}; y = matmul(x, w); z = add(y, w); output z",
              "input x: f32[2x2]; const w_1: f32[2x2] = {1, 3, 2, 4}; y = linear(x, w_1); const w: f32[2x2] = {1, 2, 3, 4}; z = add(y, w); "
              "output z") == "");
}

TEST_CASE("rewrite_matmul: not with two variables, a constant in front, or a stack of matrices") {
  const std::string text =
      "input x: f32[2x2]; const w: f32[2x2] = {1, 2, 3, 4}; const s: f32[1x2x2] = {1, 2, 3, 4}; a = matmul(x, x); b = matmul(w, x); c = "
      "matmul(x, s); output a; output b; output c";
  CHECK(check("rewrite_matmul", text, text) == "");
}

TEST_CASE("simplify: matmul and add are a linear layer") {
  Graph graph = graph_of(
      "input x: f32[1x2]; const w: f32[2x2] = {1, 2, 3, 4}; const b: f32[2] = {5, 6}; m = matmul(x, w); a = add(b, m); y = relu(a); output "
      "y");
  transform::simplify(graph);
  CHECK(print(graph) == print(graph_of("input x: f32[1x2]; const w: f32[2x2] = {1, 3, 2, 4}; const m.bias: f32[2] = {5, 6}; y = linear(x, "
                                       "w, m.bias) @m activation=\"relu\"; output y")));
}
