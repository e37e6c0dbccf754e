// Broadcasting in both directions, as numpy does: axes are aligned at the end, extents of 1 are repeated.
#include <algorithm>

#include "galet/ops/strided.h"

namespace galet::ops {
namespace {

std::vector<TensorType> infer(const OpCall& call) {
  const Shape& src = call.shape(0);
  Shape shape = call.get_ints("shape");
  if (shape.size() < src.size()) shape.insert(shape.begin(), src.size() - shape.size(), 1);
  for (size_t i = 0; i < src.size(); ++i) {
    int64_t& wanted = shape[shape.size() - src.size() + i];
    if (wanted == 1)
      wanted = src[i];
    else if (src[i] != 1 && src[i] != wanted)
      call.fail("cannot expand {} to {}", to_string(src), to_string(call.get_ints("shape")));
  }
  return {result_type(call, call.dtype(0), shape)};
}

std::vector<Tensor> reference(const OpCall& call, std::span<const Tensor> operands) {
  const Shape shape = infer(call)[0].shape;
  const Tensor& src = operands[0];
  const Shape dense = strides_of(src.shape());
  Shape strides(shape.size(), 0);
  for (size_t i = 0; i < src.rank(); ++i)
    if (src.dim(i) != 1) strides[shape.size() - src.rank() + i] = dense[i];
  return {strided_copy(src, shape, 0, strides)};
}

}  // namespace

Op expand_op() {
  return {.name = "expand",
          .operands = {"src"},
          .attributes = {{"shape", Ints{}, true}},
          .infer = infer,
          .reference = reference,
          .quant = QuantTrait::same_spec};
}

}  // namespace galet::ops
