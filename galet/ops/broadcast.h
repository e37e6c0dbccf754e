// Numpy broadcasting: shapes are aligned at their ends, an extent of 1 is repeated.
#pragma once

#include <array>

#include "galet/ops/rules.h"

namespace galet::ops {

/// The common shape of operands [first, end); throws Error naming the operand that does not fit.
Shape broadcast_shape(const OpCall& call, size_t first = 0);
/// The common shape of two shapes; throws Error naming both.
Shape broadcast_shape(const OpCall& call, const Shape& a, const Shape& b);
/// Throws Error unless the operand broadcasts to `shape` without enlarging it.
void expect_broadcasts_to(const OpCall& call, size_t i, const Shape& shape);
/// Element strides for reading `src` as if it had shape `dst`: 0 along repeated axes.
Shape broadcast_strides(const Shape& src, const Shape& dst);

/// Calls f(i, offsets) for every element i of dst in row-major order, offsets[k] being where operand k of shape *srcs[k] is read.
template <size_t N, typename F>
void for_each_broadcast(const Shape& dst, const std::array<const Shape*, N>& srcs, F f) {
  const int64_t total = count(dst);
  if (total == 0) return;
  std::array<Shape, N> strides;
  for (size_t k = 0; k < N; ++k) strides[k] = broadcast_strides(*srcs[k], dst);
  const size_t rank = dst.size();
  const int64_t row = rank == 0 ? 1 : dst[rank - 1];
  std::array<int64_t, N> step{}, start{};
  for (size_t k = 0; k < N; ++k) step[k] = rank == 0 ? 0 : strides[k][rank - 1];
  Shape index(rank, 0);
  for (int64_t i = 0; i < total; i += row) {
    std::array<int64_t, N> offsets = start;
    for (int64_t j = 0; j < row; ++j) {
      f(i + j, offsets);
      for (size_t k = 0; k < N; ++k) offsets[k] += step[k];
    }
    for (size_t axis = rank == 0 ? 0 : rank - 1; axis-- > 0;) {
      const bool carry = ++index[axis] == dst[axis];
      for (size_t k = 0; k < N; ++k) start[k] += carry ? -strides[k][axis] * (dst[axis] - 1) : strides[k][axis];
      if (!carry) break;
      index[axis] = 0;
    }
  }
}

/// f(a, b) of two operands of type Src, broadcast, into a tensor of type Dst.
template <typename Src, typename Dst, typename F>
Tensor map_broadcast(const Tensor& a, const Tensor& b, const Shape& shape, F f) {
  Tensor result(DTypeOf<Dst>::value, shape);
  const Src* pa = a.data<Src>();
  const Src* pb = b.data<Src>();
  Dst* dst = result.mutable_data<Dst>();
  for_each_broadcast<2>(shape, {&a.shape(), &b.shape()},
                        [&](int64_t i, const std::array<int64_t, 2>& at) { dst[i] = static_cast<Dst>(f(pa[at[0]], pb[at[1]])); });
  return result;
}

}  // namespace galet::ops
