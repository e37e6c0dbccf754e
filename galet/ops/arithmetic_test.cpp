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
  CHECK(close(run("mod", {f32({-4.3f, 7.2f, 4.3f}), f32({2.1f, -3.4f, -2.1f})}), f32({2.0f, -3.0f, -2.0f})));
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

TEST_CASE("min, max, sum, mean of any number") {
  const float nan = std::nanf("");
  const Tensor a = f32({1, 5, nan, 0}), b = f32({2, 4, 0, nan});
  CHECK(close(run("min", {a, b}), f32({1, 4, nan, nan})));
  CHECK(close(run("max", {a, b}), f32({2, 5, nan, nan})));
  CHECK(values<int32_t>(run("max", {i32({1, 9}), i32({4}), i32({2, 3})})) == I{4, 9});
  CHECK(values<float>(run("sum", {f32({1, 2}), f32({2, 1}, {10, 20}), f32({100})})) == F{111, 112, 121, 122});
  CHECK(values<float>(run("mean", {f32({1}), f32({2}), f32({6})})) == F{3});
  CHECK(values<float>(run("mean", {f32({1, 2})})) == F{1, 2});
  CHECK_REFUSED("srcs[0] is i32, expected f32 or f64", "sum", {i32({1})});
  CHECK_REFUSED("missing", "sum", {});
}

TEST_CASE("comparison, logic, selection") {
  using B = std::vector<bool>;
  const Tensor a = i32({1, 2, 3}), b = i32({2});
  CHECK(values<bool>(run("equal", {a, b})) == B{false, true, false});
  CHECK(values<bool>(run("less", {a, b})) == B{true, false, false});
  CHECK(values<bool>(run("less_or_equal", {a, b})) == B{true, true, false});
  CHECK(values<bool>(run("greater", {a, b})) == B{false, false, true});
  CHECK(values<bool>(run("greater_or_equal", {a, b})) == B{false, true, true});
  const Tensor nan = f32({std::nanf("")});
  CHECK(values<bool>(run("greater_or_equal", {nan, nan})) == B{false});
  const Tensor p = run("equal", {i32({1, 1, 0, 0}), i32({1})}), q = run("equal", {i32({1, 0, 1, 0}), i32({1})});
  CHECK(values<bool>(run("and", {p, q})) == B{true, false, false, false});
  CHECK(values<bool>(run("or", {p, q})) == B{true, true, true, false});
  CHECK(values<bool>(run("xor", {p, q})) == B{false, true, true, false});
  CHECK(values<bool>(run("equal", {p, q})) == B{true, false, false, true});
  CHECK(values<int32_t>(run("where", {p, i32({7}), i32({1, 2, 3, 4})})) == I{7, 7, 3, 4});
  CHECK(run("where", {p, f32({3, 1}, {1, 2, 3}), f32({}, {4})}).shape() == Shape{3, 4});
  CHECK_REFUSED("condition is i32, expected bool", "where", {a, a, a});
  CHECK_REFUSED("a is f32, but b is i32", "where", {p, f32({1}), i32({1})});
  CHECK_REFUSED("a is bool, expected a number", "less", {p, q});
  CHECK_REFUSED("a is i32, expected bool", "and", {a, a});
}

TEST_CASE("prelu broadcasts its slope only") {
  CHECK(values<float>(run("prelu", {f32({2, 2}, {-1, 1, -2, 2}), f32({2, 1}, {0.5f, 10})})) == F{-0.5f, 1, -20, 2});
  CHECK_REFUSED("slope of shape 2x2 does not broadcast to 2", "prelu", {f32({1, 2}), iota<float>({2, 2})});
}

TEST_CASE("bits") {
  CHECK(values<int32_t>(run("bitwise_and", {i32({-1, 12}), i32({7, 10})})) == I{7, 8});
  CHECK(values<int32_t>(run("bitwise_or", {i32({-8, 12}), i32({7, 10})})) == I{-1, 14});
  CHECK(values<int32_t>(run("bitwise_xor", {i32({-1, 12}), i32({7, 10})})) == I{-8, 6});
  const Tensor byte = tensor<uint8_t>({3}, {129, 129, 129}), by = tensor<uint8_t>({3}, {1, 7, 200});
  CHECK(values<uint8_t>(run("bit_shift", {byte, by}, {{"direction", std::string("LEFT")}})) == std::vector<uint8_t>{2, 128, 0});
  CHECK(values<uint8_t>(run("bit_shift", {byte, by}, {{"direction", std::string("RIGHT")}})) == std::vector<uint8_t>{64, 1, 0});
  CHECK_REFUSED("direction is \"up\"", "bit_shift", {byte, by}, {{"direction", std::string("up")}});
  const Tensor x = i32({-9, 9, -9, -9, INT32_MIN}), far = i32({1, -1, -1, 32, 1});
  CHECK(values<int32_t>(run("bit_shift", {x, far}, {{"direction", std::string("RIGHT")}})) == I{-5, 0, -1, -1, INT32_MIN / 2});
  CHECK(values<int32_t>(run("bit_shift", {x, far}, {{"direction", std::string("LEFT")}})) == I{-18, 0, 0, 0, 0});
}
