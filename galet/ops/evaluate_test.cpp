#include "galet/ops/evaluate.h"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

#include "galet/ir/text.h"
#include "galet/ops/ops.h"
#include "galet/ops/spec.h"
#include "galet/ops/testing.h"

using namespace galet;
using ops::testing::tensor;
using ops::testing::values;

TEST_CASE("spec: codes and back") {
  const QuantSpec u8{.storage = DType::u8, .qmin = 0, .qmax = 255, .axis = -1, .scales = {0.5f}, .zero_points = {10}};
  const Tensor codes = ops::to_codes(tensor<float>({6}, {0, 0.25f, 0.75f, -100, 1e9f, std::nanf("")}), u8);
  CHECK(values<uint8_t>(codes) == std::vector<uint8_t>{10, 10, 12, 0, 255, 10});
  CHECK(values<float>(ops::to_real(codes, u8)) == std::vector<float>{0, 0, 1, -5, 122.5f, 0});
  const QuantSpec i8{.storage = DType::i8, .qmin = -127, .qmax = 127, .axis = 1, .scales = {1, 2}, .zero_points = {0, 1}};
  CHECK(values<int8_t>(ops::to_codes(tensor<float>({2, 2}, {3, 4, -200, 5}), i8)) == std::vector<int8_t>{3, 3, -127, 3});
  CHECK_THROWS_AS(ops::to_codes(tensor<float>({2, 3}, {1, 2, 3, 4, 5, 6}), i8), Error);
  QuantSpec dynamic;
  dynamic.dynamic = true;
  CHECK_THROWS_AS(ops::to_real(codes, dynamic), Error);
}

TEST_CASE("evaluate_reference: walks the graph, real values of quantized constants, rounding on request") {
  const Graph graph = parse(
      "graph \"\" { input x: f32[2]; const k: f32[2] quant(i8, scale=0.5, zero=0) = {2, 4}; a = mul(x, k) -> f32[2] quant(u8, scale=1, "
      "zero=0); y = relu(a); output y; output k }",
      ops::find);
  const std::vector<Tensor> x{tensor<float>({2}, {1.25f, 1.25f})};
  const auto exact = ops::evaluate_reference(graph, x);
  CHECK(values<float>(exact[0]) == std::vector<float>{1.25f, 2.5f});
  CHECK(values<float>(exact[1]) == std::vector<float>{1, 2});
  int seen = 0;
  const auto rounded = ops::evaluate_reference(graph, x, ops::Specs::rounded, [&](ValueId, const Tensor&) { ++seen; });
  CHECK(values<float>(rounded[0]) == std::vector<float>{1, 2});
  CHECK(seen == 3);
  CHECK_THROWS_WITH_AS(ops::evaluate_reference(graph, {}), "0 inputs given, the graph has 1", Error);
  CHECK_THROWS_WITH_AS(ops::evaluate_reference(graph, std::vector<Tensor>{tensor<float>({1}, {1})}),
                       "input \"x\" is f32[1], expected f32[2]", Error);
}
