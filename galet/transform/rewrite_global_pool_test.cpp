#include <doctest/doctest.h>

#include "galet/transform/testing.h"

using namespace galet;
using namespace galet::transform::testing;

TEST_CASE("rewrite_global_pool: from reductions") {
  const std::string x = "input x: f32[2x3x4x5]; ";
  CHECK(check("rewrite_global_pool", x + "y = reduce_mean(x) axes=[2,3]; output y", x + "y = global_average_pool(x); output y") == "");
  CHECK(check("rewrite_global_pool", x + "y = reduce_max(x) axes=[3,2] keepdims=0; output y",
              x + "y.pool = global_max_pool(x); y = reshape(y.pool) shape=[2,3]; output y") == "");
  CHECK(check("rewrite_global_pool", x + "r = reshape(x) shape=[2,3,20]; y = reduce_mean(r) axes=[2] keepdims=0; output y",
              x + "y.pool = global_average_pool(x); y = reshape(y.pool) shape=[2,3]; output y") == "");
  const std::string other =
      x + "a = reduce_mean(x) axes=[1,2]; b = reduce_sum(x) axes=[2,3]; c = reduce_mean(x) axes=[3]; output a; output b; output c";
  CHECK(check("rewrite_global_pool", other, other) == "");
}

TEST_CASE("rewrite_global_pool: from windows as large as the picture") {
  const std::string x = "input x: f32[1x2x3x4]; ";
  CHECK(check("rewrite_global_pool", x + "y = average_pool(x) kernel=[3,4] strides=[2,2]; z = max_pool(x) kernel=[3,4]; output y; output z",
              x + "y = global_average_pool(x); z = global_max_pool(x); output y; output z") == "");
  const std::string other = x + "a = average_pool(x) kernel=[3,3]; b = average_pool(x) kernel=[3,4] pads=[0,0,1,0]; output a; output b";
  CHECK(check("rewrite_global_pool", other, other) == "");
}

TEST_CASE("rewrite_global_pool: both values carry the spec") {
  CHECK(check("rewrite_global_pool",
              "input x: f32[1x2x2x2]; y = reduce_mean(x) axes=[2,3] keepdims=0 -> f32[1x2] quant(u8, scale=0.1, zero=5); output y",
              "input x: f32[1x2x2x2]; y.pool = global_average_pool(x) -> f32[1x2x1x1] quant(u8, scale=0.1, zero=5)\n"
              "y = reshape(y.pool) shape=[1,2] -> f32[1x2] quant(u8, scale=0.1, zero=5); output y") == "");
}
