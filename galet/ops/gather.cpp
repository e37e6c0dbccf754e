// dst[a.., i.., b..] = src[a.., indices[i..], b..]: whole rows of one axis, chosen by index (negative ones count from the end).
#include "galet/ops/strided.h"

namespace galet::ops {
namespace {

std::vector<TensorType> infer(const OpCall& call) {
  const Shape& src = call.shape(0);
  const Shape& indices = call.shape(1);
  expect_indices(call, 1);
  const auto axis = static_cast<int64_t>(resolve_axis(call, call.get_int("axis"), src.size()));
  Shape shape(src.begin(), src.begin() + axis);
  shape.insert(shape.end(), indices.begin(), indices.end());
  shape.insert(shape.end(), src.begin() + axis + 1, src.end());
  return {result_type(call, call.dtype(0), shape)};
}

std::vector<Tensor> reference(const OpCall& call, std::span<const Tensor> operands) {
  const Tensor& src = operands[0];
  const TensorType type = infer(call)[0];
  const size_t axis = resolve_axis(call, call.get_int("axis"), src.rank());
  const Ints indices = operands[1].to_ints();
  Tensor result(type.dtype, type.shape);
  const int64_t extent = src.dim(axis), outer = count(src.shape(), 0, axis), inner = count(src.shape(), axis + 1, src.rank());
  const auto row = static_cast<size_t>(inner) * size_of(type.dtype);
  std::byte* dst = result.mutable_bytes();
  for (int64_t o = 0; o < outer; ++o)
    for (const int64_t index : indices) {
      const int64_t i = resolve_index(call, index, extent);
      if (row != 0) std::memcpy(dst, src.bytes() + static_cast<size_t>(o * extent + i) * row, row);
      dst += row;
    }
  return {result};
}

}  // namespace

Op gather_op() {
  return {.name = "gather",
          .operands = {"src", "indices"},
          .attributes = {{"axis", int64_t{0}}},
          .infer = infer,
          .reference = reference,
          .quant = QuantTrait::same_spec};
}

}  // namespace galet::ops
