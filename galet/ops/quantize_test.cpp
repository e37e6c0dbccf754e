#include <doctest/doctest.h>

#include <cmath>

#include "galet/ops/testing.h"

using namespace galet;
using namespace galet::ops::testing;
using F = std::vector<float>;
using B = std::vector<uint8_t>;

TEST_CASE("quantize rounds half to even and saturates; dequantize inverts it") {
  const Tensor x = tensor<float>({6}, {0.5f, 1.5f, -2.5f, 1e9f, -INFINITY, NAN});
  CHECK(values<uint8_t>(run("quantize", {x, Tensor::scalar(1.0f), Tensor::scalar<uint8_t>(10)})) == B{10, 12, 8, 255, 0, 10});
  CHECK(values<int8_t>(run("quantize", {x, Tensor::scalar(1.0f)}, {{"to", std::string("i8")}})) ==
        std::vector<int8_t>{0, 2, -2, 127, -128, 0});
  CHECK(values<uint16_t>(run("quantize", {tensor<float>({1}, {3e5f}), Tensor::scalar(4.0f)}, {{"to", std::string("u16")}})) ==
        std::vector<uint16_t>{65535});
  const Tensor channels = tensor<float>({2}, {1, 2});
  CHECK(values<uint8_t>(run("quantize", {tensor<float>({1, 2, 2}, {1, 2, 2, 4}), channels, tensor<uint8_t>({2}, {0, 100})})) ==
        B{1, 2, 101, 102});
  CHECK(values<float>(run("dequantize", {tensor<uint8_t>({2, 2}, {1, 2, 3, 4}), channels, tensor<uint8_t>({2}, {0, 10})},
                          {{"axis", int64_t{0}}})) == F{1, 2, -14, -12});
  CHECK(values<float>(run("dequantize", {tensor<int32_t>({2}, {-3, 1 << 20}), Tensor::scalar(0.5f)})) == F{-1.5f, 524288});
  CHECK_THROWS_WITH_AS(run("quantize", {x, channels}, {{"axis", int64_t{0}}}), "quantize \"n\": 2 scales for an extent of 6 on axis 0",
                       Error);
  CHECK_THROWS_AS(run("quantize", {x, Tensor::scalar(1.0f), Tensor::scalar<int8_t>(0)}), Error);
  CHECK_THROWS_AS(run("dequantize", {x, Tensor::scalar(1.0f)}), Error);
}

TEST_CASE("dynamic_quantize") {
  const auto r = run_all("dynamic_quantize", {tensor<float>({6}, {0, 2, -3, -2.5f, 1.34f, 0.5f})});
  CHECK(values<uint8_t>(r[0]) == B{153, 255, 0, 26, 221, 179});
  CHECK(values<float>(r[1])[0] == doctest::Approx(0.019607843f));
  CHECK(values<uint8_t>(r[2]) == B{153});
  const auto zero = run_all("dynamic_quantize", {Tensor(DType::f32, {2})});
  CHECK(values<float>(zero[1])[0] == 1.0f);
}

TEST_CASE("conv_integer and matmul_integer") {
  const Tensor x = tensor<uint8_t>({1, 1, 3, 3}, {2, 3, 4, 5, 6, 7, 8, 9, 10});
  const Tensor w = tensor<uint8_t>({1, 1, 2, 2}, {1, 1, 1, 1});
  CHECK(values<int32_t>(run("conv_integer", {x, w, Tensor::scalar<uint8_t>(1)})) == std::vector<int32_t>{12, 16, 24, 28});
  CHECK(values<int32_t>(run("conv_integer", {x, w, Tensor::scalar<uint8_t>(1)}, {{"pads", Ints{1, 1, 1, 1}}})) ==
        std::vector<int32_t>{1, 3, 5, 3, 5, 12, 16, 9, 11, 24, 28, 15, 7, 15, 17, 9});
  CHECK_THROWS_AS(run("conv_integer", {x, w, Tensor::scalar<int8_t>(1)}), Error);
  CHECK_THROWS_AS(run("conv_integer", {x.cast(DType::f32), w}), Error);
  const Tensor a = tensor<uint8_t>({4, 3}, {11, 7, 3, 10, 6, 2, 9, 5, 1, 8, 4, 0});
  const Tensor b = tensor<uint8_t>({3, 2}, {1, 4, 2, 5, 3, 6});
  const Tensor y = run("matmul_integer", {a, b, tensor<uint8_t>({1}, {12}), tensor<uint8_t>({1}, {0})});
  CHECK(values<int32_t>(y) == std::vector<int32_t>{-38, -83, -44, -98, -50, -113, -56, -128});
  CHECK(run("matmul_integer", {Tensor(DType::u8, {2, 1, 4, 3}), Tensor(DType::i8, {5, 3, 2})}).shape() == Shape{2, 5, 4, 2});
  CHECK(run("matmul_integer", {Tensor(DType::u8, {3}), Tensor(DType::i8, {3})}).shape() == Shape{});
  CHECK(values<int32_t>(run("matmul_integer", {tensor<uint8_t>({1, 1}, {5}), tensor<int8_t>({1, 2}, {3, -3}), Tensor{},
                                               tensor<int8_t>({2}, {1, -1})})) == std::vector<int32_t>{10, -10});
  CHECK_THROWS_AS(run("matmul_integer", {a, a}), Error);
}
