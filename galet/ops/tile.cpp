// The source repeated along each axis.
#include "galet/ops/strided.h"

namespace galet::ops {
namespace {

std::vector<TensorType> infer(const OpCall& call) {
  const Ints& repeats = call.get_ints("repeats");
  Shape shape = call.shape(0);
  if (repeats.size() != shape.size()) call.fail("{} repeats, src has {} dimensions", repeats.size(), shape.size());
  for (size_t i = 0; i < shape.size(); ++i) {
    if (repeats[i] < 0 || repeats[i] >= int64_t{1} << 31) call.fail("repeat {} of axis {} is negative or exceeds 2^31", repeats[i], i);
    if (shape[i] >= int64_t{1} << 31) call.fail("axis {} of src exceeds 2^31", i);
    shape[i] *= repeats[i];
  }
  return {result_type(call, call.dtype(0), shape)};
}

// Each axis becomes two, the repeats (stride 0) and the source's.
std::vector<Tensor> reference(const OpCall& call, std::span<const Tensor> operands) {
  const Ints& repeats = call.get_ints("repeats");
  const Shape dense = strides_of(operands[0].shape());
  Shape extents, strides;
  for (size_t i = 0; i < dense.size(); ++i) {
    extents.insert(extents.end(), {repeats[i], operands[0].dim(i)});
    strides.insert(strides.end(), {0, dense[i]});
  }
  return {strided_copy(operands[0], extents, 0, strides).reshaped(infer(call)[0].shape)};
}

}  // namespace

Op tile_op() {
  return {.name = "tile",
          .operands = {"src"},
          .attributes = {{"repeats", Ints{}, true}},
          .infer = infer,
          .reference = reference,
          .quant = QuantTrait::same_spec};
}

}  // namespace galet::ops
