// The source, unchanged.
#include "galet/ops/pointwise.h"

namespace galet::ops {
namespace {

std::vector<Tensor> reference(const OpCall&, std::span<const Tensor> operands) { return {operands[0]}; }

}  // namespace

Op identity_op() {
  return {.name = "identity",
          .operands = {"src"},
          .attributes = {},
          .infer = infer_same,
          .reference = reference,
          .quant = QuantTrait::same_spec};
}

}  // namespace galet::ops
