#include <doctest/doctest.h>

#include "galet/transform/testing.h"

using namespace galet;
using namespace galet::transform::testing;

TEST_CASE("rewrite_silu") {
  CHECK(check("rewrite_silu", "input x: f32[2]; s = sigmoid(x); y = mul(s, x); output y", "input x: f32[2]; y = silu(x); output y") == "");
  const std::string gate = "input x: f32[2]; input z: f32[2]; s = sigmoid(z); y = mul(x, s); output y";
  CHECK(check("rewrite_silu", gate, gate) == "");
  const std::string read = "input x: f32[2]; s = sigmoid(x); y = mul(x, s); output y; output s";
  CHECK(check("rewrite_silu", read, read) == "");
}
