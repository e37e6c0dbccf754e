// src divided by its p-norm along one axis (p = 1 or 2); 0 where the norm is 0.
#include <cmath>

#include "galet/ops/rules.h"

namespace galet::ops {
namespace {

std::vector<TensorType> infer(const OpCall& call) {
  expect_types(call, 0, Types::floats);
  resolve_axis(call, call.get_int("axis"), call.rank(0));
  if (call.get_int("p") != 1 && call.get_int("p") != 2) call.fail("p is {}, expected 1 or 2", call.get_int("p"));
  return {call.type(0)};
}

template <typename T>
void normalise_line(const T* src, T* dst, int64_t extent, int64_t stride, bool squares) {
  double sum = 0;
  for (int64_t i = 0; i < extent; ++i) {
    const double x = src[i * stride];
    sum += squares ? x * x : std::abs(x);
  }
  const double norm = squares ? std::sqrt(sum) : sum;
  for (int64_t i = 0; i < extent; ++i) dst[i * stride] = norm == 0 ? T{0} : static_cast<T>(src[i * stride] / norm);
}

std::vector<Tensor> reference(const OpCall& call, std::span<const Tensor> operands) {
  const Shape& shape = call.shape(0);
  const size_t axis = resolve_axis(call, call.get_int("axis"), shape.size());
  const int64_t extent = shape[axis], stride = count(shape, axis + 1, shape.size());
  Tensor result(call.dtype(0), shape);
  if (result.size() == 0) return {result};
  dispatch_floats(call.dtype(0), [&](auto zero) {
    using T = decltype(zero);
    T* dst = result.mutable_data<T>();
    for (int64_t outer = 0; outer < result.size(); outer += extent * stride)
      for (int64_t i = outer; i < outer + stride; ++i)
        normalise_line(operands[0].data<T>() + i, dst + i, extent, stride, call.get_int("p") == 2);
  });
  return {result};
}

}  // namespace

Op lp_normalization_op() {
  return {.name = "lp_normalization",
          .operands = {"src"},
          .attributes = {{"axis", int64_t{-1}}, {"p", int64_t{2}}},
          .infer = infer,
          .reference = reference};
}

}  // namespace galet::ops
