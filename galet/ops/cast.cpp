// Conversion of element types: floats to integers truncate toward zero and saturate (NaN gives 0), integers to narrower ones wrap, anything
// but zero is true.
#include "galet/ops/rules.h"

namespace galet::ops {
namespace {

std::vector<TensorType> infer(const OpCall& call) { return {result_type(call, get_dtype(call, "to"), call.shape(0))}; }

std::vector<Tensor> reference(const OpCall& call, std::span<const Tensor> operands) { return {operands[0].cast(get_dtype(call, "to"))}; }

}  // namespace

Op cast_op() {
  return {.name = "cast",
          .operands = {"src"},
          .attributes = {{"to", std::string("f32"), true}},
          .infer = infer,
          .reference = reference,
          .quant = QuantTrait::none};
}

}  // namespace galet::ops
