#include <doctest/doctest.h>

#include "galet/transform/testing.h"

using namespace galet;
using namespace galet::transform::testing;

namespace {

const std::string kHead = "input x: f32[2x2]; const three: f32[] = {3}; const six: f32[1] = {6}; const sixth: f32[] = {0.16666667}\n";
const std::string kAfter = "input x: f32[2x2]; y = hard_swish(x); output y";
const std::string kClip = "a = add(x, three); b = clip(a) min=0 max=6; ";

}  // namespace

TEST_CASE("rewrite_hard_swish: where the sixth may stand") {
  CHECK(check("rewrite_hard_swish", kHead + "h = hard_sigmoid(x) alpha=0.16666667 beta=0.5; y = mul(h, x); output y", kAfter) == "");
  CHECK(check("rewrite_hard_swish", kHead + kClip + "c = mul(x, b); y = div(c, six); output y", kAfter) == "");
  CHECK(check("rewrite_hard_swish", kHead + kClip + "c = mul(x, b); y = mul(c, sixth); output y", kAfter) == "");
  CHECK(check("rewrite_hard_swish", kHead + kClip + "c = mul(sixth, x); y = mul(b, c); output y", kAfter) == "");
  CHECK(check("rewrite_hard_swish", kHead + kClip + "c = div(x, six); y = mul(b, c); output y", kAfter) == "");
}

TEST_CASE("rewrite_hard_swish: not another slope, not another factor") {
  for (const char* body : {"h = hard_sigmoid(x) alpha=0.2 beta=0.5; y = mul(h, x); output y",
                           "n = relu(x); h = hard_sigmoid(x) alpha=0.16666667 beta=0.5; y = mul(h, n); output y"})
    CHECK(check("rewrite_hard_swish", kHead + body, kHead + body) == "");
}

TEST_CASE("simplify: hard swish from sigmoid-like parts in one go") {
  Graph graph = graph_of(kHead + "a = add(x, three); r = relu(a); b = min(r, six); c = div(b, six); y = mul(x, c); output y");
  transform::simplify(graph);
  CHECK(print(graph) == print(graph_of(kAfter)));
}
