// Moving elements between strided views, whatever their type: what every operator that only rearranges is made of.
#pragma once

#include "galet/ir/op.h"

namespace galet::ops {

/// Copies `extents` elements of `element_size` bytes (1, 2, 4 or 8). src and dst point at their first element; strides count elements and
/// may be zero or, for src, negative.
void copy_strided(size_t element_size, const Shape& extents, const std::byte* src, const Shape& src_strides, std::byte* dst,
                  const Shape& dst_strides);
/// A dense tensor of shape `extents` whose element i is src[offset + i . strides].
Tensor strided_copy(const Tensor& src, const Shape& extents, int64_t offset, const Shape& strides);
/// numpy's transpose; `perm` must be a permutation of the axes.
Tensor transposed(const Tensor& src, const std::vector<size_t>& perm);

/// A result type; throws Error through the call where an extent is negative or the shape has 2^31 elements or more.
TensorType result_type(const OpCall& call, DType dtype, Shape shape);
/// The axis, counted from the end when negative; throws Error through the call unless -rank <= axis < rank.
size_t resolve_axis(const OpCall& call, int64_t axis, size_t rank);
/// Index modulo wrap-around of negative ones; throws Error through the call unless -extent <= index < extent.
inline int64_t resolve_index(const OpCall& call, int64_t index, int64_t extent) {
  if (index < -extent || index >= extent) call.fail("index {} is out of range for an extent of {}", index, extent);
  return index < 0 ? index + extent : index;
}
/// Throws Error through the call unless the operand is i32 or i64.
void expect_indices(const OpCall& call, size_t operand);

}  // namespace galet::ops
