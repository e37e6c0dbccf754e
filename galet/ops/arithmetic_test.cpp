#include <doctest/doctest.h>

#include <cmath>

#include "galet/ops/testing.h"

using namespace galet;
using namespace galet::ops::testing;
using F = std::vector<float>;
using I = std::vector<int32_t>;

TEST_CASE("broadcasting") {
  CHECK(values<float>(run("add", {f32({2, 1}, {10, 20}), f32({1, 2, 3})})) == F{11, 12, 13, 21, 22, 23});
  CHECK(run("mul", {iota<float>({3, 1, 2, 1}), iota<float>({4, 1, 5})}).shape() == Shape{3, 4, 2, 5});
  CHECK(values<float>(run("sub", {iota<float>({2, 1, 2}), iota<float>({1, 2, 1})})) == F{0, 1, -1, 0, 2, 3, 1, 2});
  CHECK(values<float>(run("mul", {f32({}, {3}), f32({}, {4})})) == F{12});
  CHECK(run("add", {f32({0, 1}, {}), iota<float>({1, 3})}).shape() == Shape{0, 3});
  CHECK_REFUSED("shapes 2x3 and 2 do not broadcast", "add", {iota<float>({2, 3}), f32({1, 2})});
  CHECK_REFUSED("a is f32, but b is i32: cast one of them", "add", {f32({1}), i32({1})});
}

TEST_CASE("add with an activation") {
  CHECK(values<float>(run("add", {f32({-3, 1}), f32({1, 1})}, {{"activation", std::string("relu")}})) == F{0, 2});
  CHECK_REFUSED("unknown activation \"tanh\"", "add", {f32({1}), f32({1})}, {{"activation", std::string("tanh")}});
  CHECK_REFUSED("an activation on i32", "add", {i32({1}), i32({1})}, {{"activation", std::string("relu")}});
}

TEST_CASE("integers wrap, divide towards zero, and have a remainder of either sign") {
  CHECK(values<int32_t>(run("add", {i32({INT32_MAX}), i32({1})})) == I{INT32_MIN});
  CHECK(values<int32_t>(run("mul", {i32({65536, -3}), i32({65536, 5})})) == I{0, -15});
  CHECK(values<int32_t>(run("div", {i32({7, -7, 7, -7, INT32_MIN}), i32({2, 2, -2, -2, -1})})) == I{3, -3, -3, 3, INT32_MIN});
  const Tensor a = i32({7, -7, 7, -7, INT32_MIN}), b = i32({3, 3, -3, -3, -1});
  CHECK(values<int32_t>(run("mod", {a, b})) == I{1, 2, -2, -1, 0});
  CHECK(values<int32_t>(run("mod", {a, b}, {{"fmod", int64_t{1}}})) == I{1, -1, 1, -1, 0});
  CHECK(close(run("mod", {f32({-4.3f, 5}), f32({2.1f, 3})}, {{"fmod", int64_t{1}}}), f32({-0.1f, 2})));
  CHECK_REFUSED("floats need fmod = 1", "mod", {f32({1}), f32({1})});
  CHECK_REFUSED("division of integers by zero", "div", {i32({1}), i32({0})});
  CHECK_REFUSED("division of integers by zero", "mod", {i32({1}), i32({0})});
  CHECK(std::isinf(values<float>(run("div", {f32({1}), f32({0})}))[0]));
}

TEST_CASE("pow mixes types; the result has the base's") {
  CHECK(values<float>(run("pow", {f32({2, 4}), f32({3, 0.5f})})) == F{8, 2});
  CHECK(values<float>(run("pow", {f32({2, 3}), i32({-1, 2})})) == F{0.5f, 9});
  CHECK(values<int32_t>(run("pow", {i32({2, 3, 10}), f32({10, 2, -1})})) == I{1024, 9, 0});
  CHECK(values<int32_t>(run("pow", {i32({-2, 1, -1, -1, 5, 0}), i32({3, -4, -3, -4, -1, -1})})) == I{-8, 1, -1, 1, 0, 0});
}
