#include <doctest/doctest.h>

#include "galet/transform/testing.h"

using namespace galet;
using namespace galet::transform::testing;

TEST_CASE("rewrite_mish") {
  const std::string after = "input x: f32[8]; y = mish(x); output y";
  CHECK(check("rewrite_mish", "input x: f32[8]; s = softplus(x); t = tanh(s); y = mul(x, t); output y", after) == "");
  CHECK(check("rewrite_mish",
              "input x: f32[8]; const one: f32[] = {1}; e = exp(x); a = add(one, e); s = log(a); t = tanh(s); y = mul(t, x); output y",
              after) == "");
  const std::string not_it = "input x: f32[8]; s = softplus(x); t = sigmoid(s); y = mul(x, t); output y";
  CHECK(check("rewrite_mish", not_it, not_it) == "");
}
