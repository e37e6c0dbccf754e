// The same elements in row-major order under another shape. Flatten, squeeze and unsqueeze are this.
#include "galet/ops/strided.h"

namespace galet::ops {
namespace {

std::vector<TensorType> infer(const OpCall& call) {
  TensorType result = result_type(call, call.dtype(0), call.get_ints("shape"));
  if (count(result.shape) != count(call.shape(0))) {
    call.fail("cannot reshape {} ({} elements) to {} ({} elements)", to_string(call.shape(0)), count(call.shape(0)),
              to_string(result.shape), count(result.shape));
  }
  return {result};
}

std::vector<Tensor> reference(const OpCall& call, std::span<const Tensor> operands) {
  return {operands[0].reshaped(call.get_ints("shape"))};
}

}  // namespace

Op reshape_op() {
  return {.name = "reshape",
          .operands = {"src"},
          .attributes = {{"shape", Ints{}, true}},
          .infer = infer,
          .reference = reference,
          .quant = QuantTrait::same_spec};
}

}  // namespace galet::ops
