#include <doctest/doctest.h>

#include "galet/transform/testing.h"

using namespace galet;
using namespace galet::transform::testing;

namespace {

const std::string kHead =
    "input x: f32[8]; const one: f32[] = {1}; const half: f32[] = {0.5}; const two: f32[] = {2}; const root: f32[] = {1.4142135}; const "
    "recip: f32[] = {0.70710677}\n"
    "const three: f32[] = {3}; const c: f32[] = {0.044715}; const k: f32[] = {0.7978846}\n";
const std::string kErf = "d = div(x, root); e = erf(d); g = add(e, one); ";
const std::string kTanh = "p = pow(x, three); q = mul(p, c); r = add(x, q); s = mul(r, k); t = tanh(s); g = add(one, t); ";

}  // namespace

TEST_CASE("rewrite_gelu: by erf") {
  const std::string after = "input x: f32[8]; y = gelu(x); output y";
  CHECK(check("rewrite_gelu", kHead + kErf + "h = mul(x, g); y = mul(h, half); output y", after) == "");
  CHECK(check("rewrite_gelu", kHead + kErf + "h = mul(half, x); y = mul(h, g); output y", after) == "");
  CHECK(check("rewrite_gelu", kHead + kErf + "h = mul(g, half); y = mul(x, h); output y", after) == "");
  CHECK(check("rewrite_gelu", kHead + "d = mul(recip, x); e = erf(d); g = add(e, one); h = mul(x, g); y = div(h, two); output y", after) ==
        "");
}

TEST_CASE("rewrite_gelu: by tanh") {
  const std::string after = "input x: f32[8]; y = gelu(x) approximate=\"tanh\"; output y";
  CHECK(check("rewrite_gelu", kHead + kTanh + "h = mul(x, half); y = mul(h, g); output y", after) == "");
  CHECK(check("rewrite_gelu",
              kHead + "o = mul(x, x); p = mul(o, x); q = mul(p, c); r = add(x, q); s = mul(r, k); t = tanh(s); g = add(one, t); h = mul(x, "
                      "half); y = mul(h, g); output y",
              after) == "");
}

TEST_CASE("rewrite_gelu: not another constant") {
  const std::string text = kHead + "d = div(x, two); e = erf(d); g = add(e, one); h = mul(x, g); y = mul(h, half); output y";
  CHECK(check("rewrite_gelu", text, text) == "");
}
