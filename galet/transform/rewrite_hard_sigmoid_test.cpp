#include <doctest/doctest.h>

#include "galet/transform/testing.h"

using namespace galet;
using namespace galet::transform::testing;

namespace {

const std::string kHead =
    "input x: f32[2x2]; const three: f32[] = {3}; const six: f32[1] = {6}; const sixth: f32[] = {0.16666667}; const fifth: f32[] = {0.2}; "
    "const half: f32[] = {0.5}; const five: f32[] = {5}\n";
const std::string kAfter = "input x: f32[2x2]; y = hard_sigmoid(x) alpha=0.16666667 beta=0.5; output y";

}  // namespace

TEST_CASE("rewrite_hard_sigmoid: three forms") {
  CHECK(check("rewrite_hard_sigmoid", kHead + "a = add(x, three); b = clip(a) min=0 max=6; y = div(b, six); output y", kAfter) == "");
  CHECK(check("rewrite_hard_sigmoid", kHead + "a = add(three, x); b = clip(a) min=0 max=6; y = mul(sixth, b); output y", kAfter) == "");
  CHECK(check("rewrite_hard_sigmoid", kHead + "m = mul(x, fifth); a = add(m, half); y = clip(a) min=0 max=1; output y",
              "input x: f32[2x2]; y = hard_sigmoid(x) alpha=0.2 beta=0.5; output y") == "");
  CHECK(check("rewrite_hard_sigmoid", kHead + "m = div(x, five); a = add(m, half); y = clip(a) min=0 max=1; output y",
              "input x: f32[2x2]; y = hard_sigmoid(x) alpha=0.2 beta=0.5; output y") == "");
}

TEST_CASE("rewrite_hard_sigmoid: near misses") {
  for (const char* body : {"a = add(x, five); b = clip(a) min=0 max=6; y = div(b, six); output y",
                           "a = add(x, three); b = clip(a) min=0 max=5; y = div(b, six); output y",
                           "a = add(x, three); b = clip(a) min=0 max=6; y = div(b, six); output y; output a",
                           "a = add(x, three) activation=\"relu\"; b = clip(a) min=0 max=6; y = div(b, six); output y",
                           "a = add(x, three); b = clip(a) min=0 max=6; y = div(six, b); output y"})
    CHECK(check("rewrite_hard_sigmoid", kHead + body, kHead + body) == "");
}

TEST_CASE("rewrite_hard_sigmoid: quantization inside is not thrown away") {
  Graph graph =
      graph_of(kHead + "a = add(x, three) -> f32[2x2] quant(u8, scale=0.1, zero=9); b = clip(a) min=0 max=6; y = div(b, six); output y");
  CHECK(reasons(transform::run_pass(graph, "rewrite_hard_sigmoid")) == "y: a value inside has a quantization of its own");
}
