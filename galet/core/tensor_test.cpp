#include "galet/core/tensor.h"

#include <doctest/doctest.h>

using namespace galet;

TEST_CASE("a copy shares bytes until it is written") {
  Tensor a = Tensor::from<float>({2, 2}, std::vector<float>{1, 2, 3, 4});
  Tensor b = a;
  CHECK(a.bytes() == b.bytes());
  b.mutable_data<float>()[0] = 9;
  CHECK(a.data<float>()[0] == 1);
  CHECK(b.data<float>()[0] == 9);
}

TEST_CASE("borrowed bytes are copied before writing and must fit the shape") {
  const auto owner = std::make_shared<std::vector<float>>(3, 1.0f);
  const auto bytes = std::as_bytes(std::span(*owner));
  Tensor t(DType::f32, {3}, bytes, owner);
  t.mutable_data<float>()[1] = 5;
  CHECK((*owner)[1] == 1.0f);
  CHECK_THROWS_WITH_AS(Tensor(DType::f32, {4}, bytes, owner), doctest::Contains("which needs 16"), Error);
}

TEST_CASE("casts saturate and absurd shapes are refused") {
  const Tensor t = Tensor::from<float>({3}, std::vector<float>{-1e10f, 3.7f, 1e10f});
  CHECK(t.cast(DType::i8).to_ints() == std::vector<int64_t>{-128, 3, 127});
  CHECK_THROWS_AS(count(Shape{1 << 30, 1 << 30}), Error);
  CHECK_THROWS_AS(count(Shape{-1}), Error);
  CHECK(count(Shape{0, 1 << 20, 1 << 10}) == 0);
}
