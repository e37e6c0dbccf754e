#include <doctest/doctest.h>

#include "galet/transform/testing.h"

using namespace galet;
using namespace galet::transform::testing;

TEST_CASE("eliminate_common: whole chains") {
  CHECK(check("eliminate_common",
              "input x: f32[4]; a = relu(x); b = relu(x); c = clip(a) max=2; d = clip(b) max=2; e = clip(b) max=3; f = add(c, d); y = "
              "add(f, e); output y",
              "input x: f32[4]; a = relu(x); c = clip(a) max=2; e = clip(a) max=3; f = add(c, c); y = add(f, e); output y") == "");
  CHECK(check("eliminate_common",
              "input x: f32[4]; a, b = split(x) axis=0 sizes=[1,3]; c, d = split(x) axis=0 sizes=[1,3]; e = add(a, c); y = add(b, d); "
              "output y; output e",
              "input x: f32[4]; a, b = split(x) axis=0 sizes=[1,3]; e = add(a, a); y = add(b, b); output y; output e") == "");
}

TEST_CASE("eliminate_common: outputs and quantizations stay apart") {
  const std::string text =
      "input x: f32[4]; a = relu(x); b = relu(x); c = sigmoid(x) -> f32[4] quant(u8, scale=1, zero=0); d = sigmoid(x) -> f32[4] quant(u8, "
      "scale=2, zero=0); e = add(c, d)\n"
      "output a; output b; output e";
  CHECK(check("eliminate_common", text, text) == "");
}
