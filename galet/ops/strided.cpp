#include "galet/ops/strided.h"

namespace galet::ops {
namespace {

template <int64_t N>
void copy(const Shape& extents, size_t axis, const std::byte* src, const Shape& src_strides, std::byte* dst, const Shape& dst_strides) {
  const int64_t n = extents[axis], src_step = src_strides[axis] * N, dst_step = dst_strides[axis] * N;
  if (axis + 1 < extents.size()) {
    for (int64_t i = 0; i < n; ++i) copy<N>(extents, axis + 1, src + i * src_step, src_strides, dst + i * dst_step, dst_strides);
  } else if (src_step == N && dst_step == N) {
    std::memcpy(dst, src, static_cast<size_t>(n * N));
  } else {
    for (int64_t i = 0; i < n; ++i) std::memcpy(dst + i * dst_step, src + i * src_step, N);
  }
}

}  // namespace

void copy_strided(size_t element_size, const Shape& extents, const std::byte* src, const Shape& src_strides, std::byte* dst,
                  const Shape& dst_strides) {
  if (count(extents) == 0) return;
  if (extents.empty()) {
    std::memcpy(dst, src, element_size);
    return;
  }
  switch (element_size) {
    case 1:
      return copy<1>(extents, 0, src, src_strides, dst, dst_strides);
    case 2:
      return copy<2>(extents, 0, src, src_strides, dst, dst_strides);
    case 4:
      return copy<4>(extents, 0, src, src_strides, dst, dst_strides);
    default:
      return copy<8>(extents, 0, src, src_strides, dst, dst_strides);
  }
}

Tensor strided_copy(const Tensor& src, const Shape& extents, int64_t offset, const Shape& strides) {
  Tensor result(src.dtype(), extents);
  if (result.size() == 0) return result;
  const size_t size = size_of(src.dtype());
  copy_strided(size, extents, src.bytes() + offset * static_cast<int64_t>(size), strides, result.mutable_bytes(), strides_of(extents));
  return result;
}

Tensor transposed(const Tensor& src, const std::vector<size_t>& perm) {
  const Shape strides = strides_of(src.shape());
  Shape extents, moved;
  for (const size_t axis : perm) {
    extents.push_back(src.dim(axis));
    moved.push_back(strides[axis]);
  }
  return strided_copy(src, extents, 0, moved);
}

TensorType result_type(const OpCall& call, DType dtype, Shape shape) {
  constexpr int64_t kLimit = int64_t{1} << 31;
  int64_t n = 1;
  for (const int64_t extent : shape) {
    if (extent < 0) call.fail("the result has a negative extent: {}", to_string(shape));
    if (extent == 0) continue;
    if (extent >= kLimit || n * extent >= kLimit) call.fail("the result of shape {} would have 2^31 elements or more", to_string(shape));
    n *= extent;
  }
  return {dtype, std::move(shape)};
}

size_t resolve_axis(const OpCall& call, int64_t axis, size_t rank) {
  const auto n = static_cast<int64_t>(rank);
  if (axis < -n || axis >= n) call.fail("axis {} is out of range for {} dimensions", axis, rank);
  return static_cast<size_t>(axis < 0 ? axis + n : axis);
}

void expect_indices(const OpCall& call, size_t operand) {
  const DType type = call.dtype(operand);
  if (type != DType::i32 && type != DType::i64) call.fail("{} is {}, expected i32 or i64", call.operand_name(operand), to_string(type));
}

}  // namespace galet::ops
