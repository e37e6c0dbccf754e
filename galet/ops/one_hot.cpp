// A new axis of `depth` elements: values[1] where its index is the index asked for (negative ones count from the end), values[0] elsewhere.
#include "galet/ops/strided.h"

namespace galet::ops {
namespace {

std::vector<TensorType> infer(const OpCall& call) {
  if (call.dtype(0) == DType::boolean) call.fail("indices are bool, expected numbers");
  if (call.shape(1) != Shape{2}) call.fail("values have shape {}, expected 2 (off, on)", to_string(call.shape(1)));
  Shape shape = call.shape(0);
  const int64_t depth = call.get_int("depth");
  if (depth < 1) call.fail("depth {} is below 1", depth);
  const size_t axis = resolve_axis(call, call.get_int("axis"), shape.size() + 1);
  shape.insert(shape.begin() + static_cast<std::ptrdiff_t>(axis), depth);
  return {result_type(call, call.dtype(1), shape)};
}

std::vector<Tensor> reference(const OpCall& call, std::span<const Tensor> operands) {
  const TensorType type = infer(call)[0];
  const size_t axis = resolve_axis(call, call.get_int("axis"), type.shape.size()), size = size_of(type.dtype);
  const int64_t depth = type.shape[axis], inner = count(type.shape, axis + 1, type.shape.size());
  const Ints indices = operands[0].cast(DType::i64).to_ints();
  Tensor result(type.dtype, type.shape);
  std::byte* dst = result.mutable_bytes();
  copy_strided(size, {result.size()}, operands[1].bytes(), {0}, dst, {1});
  for (size_t i = 0; i < indices.size(); ++i) {
    if (indices[i] < -depth || indices[i] >= depth) continue;
    const int64_t hot = indices[i] < 0 ? indices[i] + depth : indices[i], outer = static_cast<int64_t>(i) / inner;
    const int64_t at = (outer * depth + hot) * inner + static_cast<int64_t>(i) % inner;
    std::memcpy(dst + static_cast<size_t>(at) * size, operands[1].bytes() + size, size);
  }
  return {result};
}

}  // namespace

Op one_hot_op() {
  return {.name = "one_hot",
          .operands = {"indices", "values"},
          .attributes = {{"depth", int64_t{1}, true}, {"axis", int64_t{-1}}},
          .infer = infer,
          .reference = reference};
}

}  // namespace galet::ops
