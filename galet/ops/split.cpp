// One source cut along an axis into parts of the given sizes, one result each.
#include "galet/ops/strided.h"

namespace galet::ops {
namespace {

std::vector<TensorType> infer(const OpCall& call) {
  const Shape& src = call.shape(0);
  const size_t axis = resolve_axis(call, call.get_int("axis"), src.size());
  const Ints& sizes = call.get_ints("sizes");
  if (sizes.empty()) call.fail("sizes is empty, expected one size for each result");
  std::vector<TensorType> results;
  int64_t left = src[axis];
  for (const int64_t size : sizes) {
    if (size < 0 || size > left) call.fail("sizes do not fit an extent of {}: {} is negative or too large", src[axis], size);
    left -= size;
    Shape shape = src;
    shape[axis] = size;
    results.push_back({call.dtype(0), shape});
  }
  if (left != 0) call.fail("sizes leave {} of an extent of {}", left, src[axis]);
  return results;
}

std::vector<Tensor> reference(const OpCall& call, std::span<const Tensor> operands) {
  const Tensor& src = operands[0];
  const size_t axis = resolve_axis(call, call.get_int("axis"), src.rank());
  const Shape strides = strides_of(src.shape());
  std::vector<Tensor> results;
  int64_t begin = 0;
  for (const TensorType& type : infer(call)) {
    results.push_back(strided_copy(src, type.shape, begin * strides[axis], strides));
    begin += type.shape[axis];
  }
  return results;
}

}  // namespace

Op split_op() {
  return {.name = "split",
          .operands = {"src"},
          .attributes = {{"axis", int64_t{0}, true}, {"sizes", Ints{}, true}},
          .infer = infer,
          .reference = reference,
          .quant = QuantTrait::same_spec};
}

}  // namespace galet::ops
