// Sources joined along one axis; every other extent must agree.
#include "galet/ops/strided.h"

namespace galet::ops {
namespace {

std::vector<TensorType> infer(const OpCall& call) {
  Shape shape = call.shape(0);
  if (shape.empty()) call.fail("srcs are scalars, expected at least 1 dimension");
  const size_t axis = resolve_axis(call, call.get_int("axis"), shape.size());
  for (size_t i = 1; i < call.operands.size(); ++i) {
    if (call.dtype(i) != call.dtype(0))
      call.fail("{} is {}, the first is {}", call.operand_name(i), to_string(call.dtype(i)), to_string(call.dtype(0)));
    Shape expected = shape;
    if (call.rank(i) == shape.size()) expected[axis] = call.shape(i)[axis];
    if (call.shape(i) != expected) {
      call.fail("{} has shape {}, which does not join {} along axis {}", call.operand_name(i), to_string(call.shape(i)),
                to_string(call.shape(0)), axis);
    }
    shape[axis] += call.shape(i)[axis];
  }
  return {result_type(call, call.dtype(0), shape)};
}

std::vector<Tensor> reference(const OpCall& call, std::span<const Tensor> operands) {
  const TensorType type = infer(call)[0];
  const size_t axis = resolve_axis(call, call.get_int("axis"), type.shape.size());
  Tensor result(type.dtype, type.shape);
  const int64_t outer = count(type.shape, 0, axis), row = count(type.shape, axis, type.shape.size());
  const auto element = static_cast<int64_t>(size_of(type.dtype));
  std::byte* dst = result.mutable_bytes();
  for (const Tensor& src : operands) {
    const int64_t part = count(src.shape(), axis, src.rank());
    copy_strided(size_of(type.dtype), {outer, part}, src.bytes(), {part, 1}, dst, {row, 1});
    dst += part * element;
  }
  return {result};
}

}  // namespace

Op concat_op() {
  return {.name = "concat",
          .operands = {"srcs..."},
          .attributes = {{"axis", int64_t{1}, true}},
          .infer = infer,
          .reference = reference,
          .quant = QuantTrait::rescaled};
}

}  // namespace galet::ops
