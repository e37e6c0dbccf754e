#include <doctest/doctest.h>

#include "galet/transform/testing.h"

using namespace galet;
using namespace galet::transform::testing;

TEST_CASE("eliminate_identity: nodes that do nothing") {
  CHECK(check("eliminate_identity",
              "input x: f32[1x2x2x2]; const one: f32[1x1x1x1] = {1}; const zeros: f32[2x2] = {0,0,0,0}\n"
              "r = relu(x); a = identity(r); b = reshape(a) shape=[1,2,2,2]; c = transpose(b) perm=[0,1,2,3]; d = pad(c) "
              "pads=[0,0,0,0,0,0,0,0]; e = concat(d) axis=1; f = cast(e) to=\"f32\"\n"
              "g = mul(one, f); h = add(g, zeros); i = expand(h) shape=[1,1,2,2]; j = sub(i, zeros); k = clip(j); l = slice(k) starts=[0] "
              "ends=[2] axes=[1] steps=[1]; y = sigmoid(l); output y",
              "input x: f32[1x2x2x2]; r = relu(x); y = sigmoid(r); output y") == "");
}

TEST_CASE("eliminate_identity: what looks like it and is not") {
  const std::string text =
      "input x: f32[2x2]; input i: i32[2x2]; const one: f32[1x1x1] = {1}; const near: f32[] = {1.001}; a = mul(x, one); b = mul(x, near); "
      "c = transpose(x) perm=[1,0]\n"
      "d = cast(i) to=\"f32\"; e = slice(x) starts=[1] ends=[-1] axes=[0] steps=[-1]; f = add(x, x) activation=\"relu\"; g = pad(x) "
      "pads=[1,0,-1,0]\n"
      "output a; output b; output c; output d; output e; output f; output g";
  CHECK(check("eliminate_identity", text, text) == "");
}

TEST_CASE("eliminate_identity: outputs keep their names") {
  CHECK(check("eliminate_identity", "input x: f32[2]; a = relu(x); y = identity(a); z = identity(x); output y; output z",
              "input x: f32[2]; y = relu(x) @a; z = identity(x); output y; output z") == "");
}

TEST_CASE("eliminate_identity: a change of quantization stays") {
  CHECK(check("eliminate_identity",
              "input x: f32[2] quant(u8, scale=1, zero=0); a = identity(x) -> f32[2] quant(u8, scale=2, zero=0); b = identity(a) -> f32[2] "
              "quant(u8, scale=2, zero=0); y = relu(b); output y",
              "input x: f32[2] quant(u8, scale=1, zero=0); a = identity(x) -> f32[2] quant(u8, scale=2, zero=0); y = relu(a); output y") ==
        "");
  CHECK(check("eliminate_identity",
              "input x: f32[2]; r = relu(x); a = identity(r) -> f32[2] quant(u8, scale=2, zero=0); y = relu(a); output y",
              "input x: f32[2]; r = relu(x) -> f32[2] quant(u8, scale=2, zero=0); y = relu(r); output y") == "");
}

TEST_CASE("eliminate_identity: movements are joined") {
  CHECK(check("eliminate_identity",
              "input x: f32[2x6]; a = reshape(x) shape=[12]; b = reshape(a) shape=[3,4]; c = transpose(b) perm=[1,0]; d = transpose(c) "
              "perm=[1,0]; y = relu(d); output y",
              "input x: f32[2x6]; b = reshape(x) shape=[3,4]; y = relu(b); output y") == "");
}

TEST_CASE("eliminate_identity: slices of different axes") {
  CHECK(check("eliminate_identity",
              "input x: f32[4x6]; a = slice(x) starts=[0] ends=[4] axes=[0] steps=[2]; b = slice(a) starts=[1] ends=[5] axes=[1] "
              "steps=[2]; c = slice(b) starts=[1] ends=[2] axes=[0] steps=[1]; output c",
              "input x: f32[4x6]; b = slice(x) starts=[0,1] ends=[4,5] axes=[0,1] steps=[2,2]; c = slice(b) starts=[1] ends=[2] axes=[0] "
              "steps=[1]; output c") == "");
}
