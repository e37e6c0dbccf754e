#include <doctest/doctest.h>

#include <cmath>
#include <limits>

#include "galet/ops/slice.h"
#include "galet/ops/testing.h"

using namespace galet;
using namespace galet::ops::testing;
using F = std::vector<float>;
using I = std::vector<int64_t>;
using B = std::vector<uint8_t>;

TEST_CASE("reshape and transpose") {
  CHECK(values<int64_t>(run("reshape", {iota<int64_t>({2, 3})}, {{"shape", Ints{3, 2}}})) == I{0, 1, 2, 3, 4, 5});
  CHECK(values<uint8_t>(run("transpose", {iota<uint8_t>({2, 3})}, {{"perm", Ints{1, 0}}})) == B{0, 3, 1, 4, 2, 5});
  CHECK(run("transpose", {iota<double>({2, 3, 4})}, {{"perm", Ints{2, 0, 1}}}).shape() == Shape{4, 2, 3});
  CHECK_THROWS_WITH_AS(run("reshape", {iota<float>({2, 3})}, {{"shape", Ints{4, 2}}}),
                       "reshape \"n\": cannot reshape 2x3 (6 elements) to 4x2 (8 elements)", Error);
  CHECK_THROWS_AS(run("reshape", {iota<float>({2, 3})}, {{"shape", Ints{-1, 2}}}), Error);
  CHECK_THROWS_AS(run("reshape", {iota<float>({2, 3})}, {{"shape", Ints{int64_t{1} << 62, 4}}}), Error);
  CHECK_THROWS_WITH_AS(run("transpose", {iota<float>({2, 3})}, {{"perm", Ints{1, 1}}}), doctest::Contains("not a permutation"), Error);
}

TEST_CASE("concat and split are inverse") {
  const Tensor x = iota<int32_t>({2, 5, 2});
  const auto parts = run_all("split", {x}, {{"axis", int64_t{1}}, {"sizes", Ints{1, 0, 4}}});
  REQUIRE(parts.size() == 3);
  CHECK(values<int32_t>(parts[0]) == std::vector<int32_t>{0, 1, 10, 11});
  CHECK(run("concat", parts, {{"axis", int64_t{-2}}}).same_as(x));
  CHECK_THROWS_WITH_AS(run("split", {x}, {{"axis", int64_t{1}}, {"sizes", Ints{1, 3}}}), doctest::Contains("leave 1"), Error);
  CHECK_THROWS_AS(run("split", {x}, {{"axis", int64_t{1}}, {"sizes", Ints{INT64_MAX, 3}}}), Error);
  CHECK_THROWS_AS(run("split", {x}, {{"axis", int64_t{3}}, {"sizes", Ints{2}}}), Error);
  CHECK_THROWS_WITH_AS(run("concat", {x, iota<int32_t>({2, 5, 3})}, {{"axis", int64_t{1}}}), doctest::Contains("does not join"), Error);
  CHECK_THROWS_AS(run("concat", {x, iota<float>({2, 5, 2})}, {{"axis", int64_t{1}}}), Error);
}

TEST_CASE("slice, with normalised bounds") {
  const auto slice = [](const Tensor& x, int64_t start, int64_t end, int64_t step) {
    const ops::SliceRange range = ops::normalise_slice(x.dim(0), start, end, step);
    return values<int64_t>(
        run("slice", {x}, {{"starts", Ints{range.start}}, {"ends", Ints{range.end}}, {"axes", Ints{0}}, {"steps", Ints{step}}}));
  };
  const Tensor x = iota<int64_t>({6});
  CHECK(slice(x, 1, -1, 2) == I{1, 3});
  CHECK(slice(x, 0, INT64_MAX, 4) == I{0, 4});
  CHECK(slice(x, -1, INT64_MIN, -2) == I{5, 3, 1});
  CHECK(slice(x, 20, 0, -5) == I{5});
  CHECK(slice(x, 20, -7, -1) == I{5, 4, 3, 2, 1, 0});
  CHECK(slice(x, 3, 3, 1) == I{});
  CHECK(slice(x, 5, 0, 1) == I{});
  CHECK(slice(x, INT64_MIN, INT64_MAX, INT64_MAX) == I{0});
  CHECK(slice(x, INT64_MAX, INT64_MIN, INT64_MIN) == I{5});
  CHECK(slice(iota<int64_t>({0}), -1, INT64_MIN, -1) == I{});
  const auto raw = [&](int64_t start, int64_t end, int64_t step) {
    return run("slice", {x}, {{"starts", Ints{start}}, {"ends", Ints{end}}, {"axes", Ints{0}}, {"steps", Ints{step}}});
  };
  CHECK_THROWS_WITH_AS(raw(0, 7, 1), doctest::Contains("0..7 step 1 is not within an extent of 6"), Error);
  CHECK_THROWS_AS(raw(0, 6, 0), Error);
  CHECK_THROWS_AS(raw(-1, 6, 1), Error);
}

TEST_CASE("pad") {
  const auto pad = [](Tensor x, Ints pads, const char* mode, float value = 0) {
    return run("pad", {std::move(x)}, {{"pads", std::move(pads)}, {"mode", std::string(mode)}, {"value", value}});
  };
  CHECK(values<float>(pad(iota<float>({2, 2}), {0, 1, 1, 0}, "constant", 9)) == F{9, 0, 1, 9, 2, 3, 9, 9, 9});
  CHECK(values<int64_t>(pad(iota<int64_t>({4}), {2, 3}, "reflect")) == I{2, 1, 0, 1, 2, 3, 2, 1, 0});
  CHECK(values<int64_t>(pad(iota<int64_t>({4}), {2, 3}, "edge")) == I{0, 0, 0, 1, 2, 3, 3, 3, 3});
  CHECK(values<int64_t>(pad(iota<int64_t>({4}), {2, 3}, "wrap")) == I{2, 3, 0, 1, 2, 3, 0, 1, 2});
  CHECK(values<int64_t>(pad(iota<int64_t>({4}), {-1, 2}, "constant", 7)) == I{1, 2, 3, 7, 7});
  CHECK(values<int64_t>(pad(iota<int64_t>({4}), {-1, 2}, "reflect")) == I{1, 2, 3, 2, 1});
  CHECK(values<int64_t>(pad(iota<int64_t>({4}), {-3, -1}, "constant")) == I{});
  CHECK_THROWS_WITH_AS(pad(iota<int64_t>({4}), {-3, -2}, "constant"), doctest::Contains("remove more than its extent"), Error);
  CHECK_THROWS_AS(pad(iota<int64_t>({4}), {INT64_MAX, INT64_MAX}, "constant"), Error);
  CHECK_THROWS_AS(pad(iota<int64_t>({4}), {INT64_MIN, 1}, "constant"), Error);
  CHECK_THROWS_AS(pad(iota<int64_t>({4}), {(int64_t{1} << 31) - 1, 0}, "constant"), Error);
  CHECK_THROWS_AS(pad(iota<int64_t>({0}), {1, 0}, "edge"), Error);
  CHECK_THROWS_AS(pad(iota<int64_t>({4}), {1}, "constant"), Error);
  CHECK_THROWS_AS(pad(iota<int64_t>({4}), {1, 1}, "mirror"), Error);
}

TEST_CASE("gather") {
  const Tensor x = iota<float>({2, 3});
  CHECK(values<float>(run("gather", {x, tensor<int64_t>({2}, {2, -3})}, {{"axis", int64_t{1}}})) == F{2, 0, 5, 3});
  CHECK(run("gather", {x, Tensor::scalar<int32_t>(1)}).shape() == Shape{3});
  CHECK_THROWS_WITH_AS(run("gather", {x, Tensor::scalar<int32_t>(2)}), "gather \"n\": index 2 is out of range for an extent of 2", Error);
  CHECK_THROWS_AS(run("gather", {x, Tensor::scalar<int64_t>(INT64_MIN)}), Error);
  CHECK_THROWS_AS(run("gather", {x, Tensor::scalar<float>(0)}), Error);
}

TEST_CASE("cast truncates, saturates, wraps") {
  const auto to = [](Tensor x, const char* type) { return run("cast", {std::move(x)}, {{"to", std::string(type)}}); };
  CHECK(values<uint8_t>(to(tensor<float>({4}, {-1, 1.9f, 300, NAN}), "u8")) == B{0, 1, 255, 0});
  CHECK(values<uint8_t>(to(tensor<int32_t>({2}, {-1, 258}), "u8")) == B{255, 2});
  CHECK(values<bool>(to(tensor<float>({3}, {0, -0.0f, 0.1f}), "bool")) == std::vector<bool>{false, false, true});
  CHECK_THROWS_WITH_AS(to(iota<float>({1}), "f8"), doctest::Contains("unknown element type"), Error);
}

TEST_CASE("reductions") {
  const Tensor x = tensor<float>({2, 3}, {1, -2, 3, 4, 5, -6});
  const auto reduce = [](const char* op, const Tensor& t, Ints axes, int64_t keep = 0) {
    return run(op, {t}, {{"axes", std::move(axes)}, {"keepdims", keep}});
  };
  CHECK(values<float>(reduce("reduce_mean", x, {0})) == F{2.5f, 1.5f, -1.5f});
  CHECK(reduce("reduce_mean", x, {1}, 1).shape() == Shape{2, 1});
  CHECK(reduce("reduce_mean", x, {0, 1}).shape() == Shape{});
  CHECK(values<float>(reduce("reduce_sum", x, {-1})) == F{2, 3});
  CHECK(values<float>(reduce("reduce_max", x, {0})) == F{4, 5, 3});
  CHECK(values<float>(reduce("reduce_min", x, {0, 1})) == F{-6});
  CHECK(values<float>(reduce("reduce_prod", x, {1})) == F{-6, -120});
  CHECK(values<float>(reduce("reduce_l1", x, {})) == F{1, 2, 3, 4, 5, 6});
  CHECK(values<float>(reduce("reduce_l2", tensor<float>({2}, {3, 4}), {0})) == F{5});
  CHECK(values<float>(reduce("reduce_sum_square", x, {1})) == F{14, 77});
  CHECK(values<float>(reduce("reduce_log_sum", tensor<float>({2}, {1, 1}), {0})) == F{std::log(2.0f)});
  CHECK(values<float>(reduce("reduce_log_sum_exp", tensor<float>({2}, {1000, 1000}), {0})) == F{1000 + std::log(2.0f)});
  CHECK(values<int32_t>(reduce("reduce_mean", tensor<int32_t>({2}, {3, 4}), {0})) == std::vector<int32_t>{3});
  CHECK(values<uint8_t>(reduce("reduce_sum", tensor<uint8_t>({2}, {200, 100}), {0})) == B{44});
  CHECK(values<bool>(reduce("reduce_max", tensor<uint8_t>({2}, {0, 1}).cast(DType::boolean), {0})) == std::vector<bool>{true});
  const Tensor none(DType::f32, {2, 0});
  CHECK(values<float>(reduce("reduce_sum", none, {1})) == F{0, 0});
  CHECK(values<float>(reduce("reduce_prod", none, {1})) == F{1, 1});
  CHECK(values<float>(reduce("reduce_max", none, {1}))[0] == -std::numeric_limits<float>::infinity());
  CHECK(values<float>(reduce("reduce_log_sum_exp", none, {1}))[0] == -std::numeric_limits<float>::infinity());
  CHECK(std::isnan(values<float>(reduce("reduce_max", tensor<float>({3}, {1, NAN, 2}), {0}))[0]));
  CHECK_THROWS_WITH_AS(reduce("reduce_sum", x, {2}), "reduce_sum \"n\": axis 2 is out of range for 2 dimensions", Error);
  CHECK_THROWS_AS(reduce("reduce_sum", x, {1, -1}), Error);
  CHECK_THROWS_AS(reduce("reduce_sum", x.cast(DType::boolean), {0}), Error);
}
