#include <doctest/doctest.h>

#include <cmath>

#include "galet/ops/testing.h"

using namespace galet;
using namespace galet::ops::testing;
using F = std::vector<float>;
using I = std::vector<int64_t>;

TEST_CASE("expand and tile") {
  CHECK(values<int64_t>(run("expand", {iota<int64_t>({2, 1})}, {{"shape", Ints{2, 1, 3}}})) == I{0, 0, 0, 1, 1, 1, 0, 0, 0, 1, 1, 1});
  CHECK(run("expand", {iota<int64_t>({2, 3})}, {{"shape", Ints{1}}}).shape() == Shape{2, 3});
  CHECK(run("expand", {Tensor::scalar<float>(1)}, {{"shape", Ints{0, 4}}}).shape() == Shape{0, 4});
  CHECK_THROWS_WITH_AS(run("expand", {iota<int64_t>({2, 3})}, {{"shape", Ints{2, 4}}}), "expand \"n\": cannot expand 2x3 to 2x4", Error);
  CHECK_THROWS_AS(run("expand", {iota<int64_t>({1})}, {{"shape", Ints{int64_t{1} << 40}}}), Error);
  CHECK_THROWS_AS(run("expand", {iota<int64_t>({1})}, {{"shape", Ints{-2}}}), Error);
  CHECK(values<int64_t>(run("tile", {iota<int64_t>({1, 2})}, {{"repeats", Ints{2, 2}}})) == I{0, 1, 0, 1, 0, 1, 0, 1});
  CHECK_THROWS_AS(run("tile", {iota<int64_t>({1, 2})}, {{"repeats", Ints{INT64_MAX, INT64_MAX}}}), Error);
  CHECK_THROWS_AS(run("tile", {iota<int64_t>({1, 2})}, {{"repeats", Ints{1 << 30, 1 << 30}}}), Error);
  CHECK_THROWS_AS(run("tile", {iota<int64_t>({1, 2})}, {{"repeats", Ints{2}}}), Error);
}

TEST_CASE("gather and scatter of elements") {
  const Tensor x = tensor<float>({3, 3}, {1, 2, 3, 4, 5, 6, 7, 8, 9});
  const Tensor indices = tensor<int64_t>({2, 3}, {1, 2, 0, 2, 0, -3});
  CHECK(values<float>(run("gather_elements", {x, indices}, {{"axis", int64_t{0}}})) == F{4, 8, 3, 7, 2, 3});
  CHECK_THROWS_AS(run("gather_elements", {x, tensor<int64_t>({1, 4}, {0, 0, 0, 0})}, {{"axis", int64_t{0}}}), Error);
  CHECK_THROWS_WITH_AS(run("gather_elements", {x, tensor<int64_t>({1, 1}, {3})}), doctest::Contains("index 3 is out of range"), Error);
  const Tensor zeros(DType::f32, {3, 3});
  CHECK(values<float>(run("scatter_elements", {zeros, tensor<int64_t>({2, 2}, {1, 0, 0, 2}), tensor<float>({2, 2}, {1, 2, 3, 4})})) ==
        F{3, 2, 0, 1, 0, 0, 0, 4, 0});
  const auto reduce = [](const char* how) {
    return values<float>(run("scatter_elements",
                             {tensor<float>({1, 2}, {3, 4}), tensor<int32_t>({1, 2}, {1, 1}), tensor<float>({1, 2}, {5, 2})},
                             {{"axis", int64_t{1}}, {"reduction", std::string(how)}}));
  };
  CHECK(reduce("none") == F{3, 2});
  CHECK(reduce("add") == F{3, 11});
  CHECK(reduce("mul") == F{3, 40});
  CHECK(reduce("max") == F{3, 5});
  CHECK(reduce("min") == F{3, 2});
  CHECK_THROWS_WITH_AS(reduce("sub"), doctest::Contains("unknown reduction"), Error);
}

TEST_CASE("gather and scatter of slices") {
  const Tensor x = iota<int32_t>({2, 2, 2});
  CHECK(values<int32_t>(run("gather_nd", {x, tensor<int64_t>({2, 2}, {0, 1, 1, 0})})) == std::vector<int32_t>{2, 3, 4, 5});
  CHECK(values<int32_t>(run("gather_nd", {x, tensor<int64_t>({2, 1}, {1, 0})}, {{"batch_dims", int64_t{1}}})) ==
        std::vector<int32_t>{2, 3, 4, 5});
  CHECK(run("gather_nd", {x, tensor<int64_t>({3}, {1, 0, -1})}).shape() == Shape{});
  CHECK_THROWS_AS(run("gather_nd", {x, tensor<int64_t>({4}, {0, 0, 0, 0})}), Error);
  CHECK_THROWS_AS(run("gather_nd", {x, tensor<int64_t>({2, 1}, {1, 0})}, {{"batch_dims", int64_t{2}}}), Error);
  CHECK_THROWS_AS(run("gather_nd", {x, tensor<int64_t>({1}, {2})}), Error);
  CHECK(values<int64_t>(run("scatter_nd", {iota<int64_t>({5}), tensor<int64_t>({2, 1}, {4, 1}), tensor<int64_t>({2}, {9, 10})})) ==
        I{0, 10, 2, 3, 9});
  CHECK(values<float>(run("scatter_nd", {iota<float>({2, 2}), tensor<int64_t>({2, 1}, {1, 1}), tensor<float>({2, 2}, {1, 2, 3, 4})},
                          {{"reduction", std::string("add")}})) == F{0, 1, 6, 9});
  CHECK_THROWS_AS(run("scatter_nd", {iota<float>({2, 2}), tensor<int64_t>({1, 1}, {1}), tensor<float>({1, 3}, {1, 2, 3})}), Error);
}

TEST_CASE("blocks of channels and pixels") {
  const Tensor x = iota<uint8_t>({1, 8, 1, 1});
  using B = std::vector<uint8_t>;
  CHECK(values<uint8_t>(run("depth_to_space", {x}, {{"block", int64_t{2}}})) == B{0, 2, 4, 6, 1, 3, 5, 7});
  CHECK(values<uint8_t>(run("depth_to_space", {x}, {{"block", int64_t{2}}, {"mode", std::string("CRD")}})) == B{0, 1, 2, 3, 4, 5, 6, 7});
  CHECK(run("space_to_depth", {run("depth_to_space", {x}, {{"block", int64_t{2}}})}, {{"block", int64_t{2}}}).same_as(x));
  CHECK_THROWS_AS(run("depth_to_space", {x}, {{"block", int64_t{3}}}), Error);
  CHECK_THROWS_AS(run("space_to_depth", {x}, {{"block", int64_t{2}}}), Error);
  CHECK_THROWS_AS(run("space_to_depth", {x}, {{"block", INT64_MAX}}), Error);
}

TEST_CASE("top_k, arg_max, arg_min") {
  const Tensor x = tensor<float>({1, 5}, {3, 1, NAN, 3, 2});
  const auto top = run_all("top_k", {x}, {{"k", int64_t{3}}});
  CHECK(values<int64_t>(top[1]) == I{2, 0, 3});
  CHECK(values<int64_t>(run_all("top_k", {x}, {{"k", int64_t{2}}, {"largest", int64_t{0}}})[1]) == I{1, 4});
  CHECK_THROWS_WITH_AS(run("top_k", {x}, {{"k", int64_t{6}}}), doctest::Contains("not within 0..5"), Error);
  CHECK_THROWS_AS(run("top_k", {x}, {{"k", int64_t{-1}}}), Error);
  const Tensor y = tensor<int32_t>({2, 2}, {7, 7, 1, 2});
  CHECK(values<int64_t>(run("arg_max", {y}, {{"axis", int64_t{1}}, {"keepdims", int64_t{0}}})) == I{0, 1});
  CHECK(values<int64_t>(run("arg_max", {y}, {{"axis", int64_t{1}}, {"select_last", int64_t{1}}})) == I{1, 1});
  CHECK(values<int64_t>(run("arg_min", {y}, {{"axis", int64_t{0}}})) == I{1, 1});
  CHECK_THROWS_AS(run("arg_min", {Tensor(DType::f32, {0, 2})}, {{"axis", int64_t{0}}}), Error);
}

TEST_CASE("cum_sum, one_hot, trilu, reverse_sequence") {
  const Tensor x = iota<int32_t>({4});
  using V = std::vector<int32_t>;
  const auto sum = [&](int64_t exclusive, int64_t reverse) {
    return values<int32_t>(run("cum_sum", {x}, {{"axis", int64_t{0}}, {"exclusive", exclusive}, {"reverse", reverse}}));
  };
  CHECK(sum(0, 0) == V{0, 1, 3, 6});
  CHECK(sum(1, 0) == V{0, 0, 1, 3});
  CHECK(sum(0, 1) == V{6, 6, 5, 3});
  CHECK(sum(1, 1) == V{6, 5, 3, 0});
  const Tensor hot =
      run("one_hot", {tensor<int64_t>({3}, {0, -1, 5}), tensor<float>({2}, {2, 7})}, {{"depth", int64_t{3}}, {"axis", int64_t{0}}});
  CHECK(values<float>(hot) == F{7, 2, 2, 2, 2, 2, 2, 7, 2});
  CHECK_THROWS_AS(run("one_hot", {tensor<int64_t>({1}, {0}), tensor<float>({2}, {2, 7})}, {{"depth", INT64_MAX}}), Error);
  CHECK(values<int32_t>(run("trilu", {iota<int32_t>({3, 3})}, {{"k", int64_t{1}}})) == V{0, 1, 2, 0, 0, 5, 0, 0, 0});
  CHECK(values<int32_t>(run("trilu", {iota<int32_t>({2, 3})}, {{"upper", int64_t{0}}})) == V{0, 0, 0, 3, 4, 0});
  CHECK(values<int32_t>(run("trilu", {iota<int32_t>({2, 2})}, {{"k", INT64_MIN}})) == V{0, 1, 2, 3});
  CHECK(values<int32_t>(run("reverse_sequence", {iota<int32_t>({2, 3}), tensor<int64_t>({2}, {2, 3})},
                            {{"batch_axis", int64_t{0}}, {"time_axis", int64_t{1}}})) == V{1, 0, 2, 5, 4, 3});
  CHECK_THROWS_AS(run("reverse_sequence", {iota<int32_t>({3, 2}), tensor<int64_t>({2}, {4, 1})}), Error);
}
