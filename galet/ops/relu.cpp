// max(x, 0)
#include "galet/ops/pointwise.h"

namespace galet::ops {
namespace {

std::vector<Tensor> reference(const OpCall& call, std::span<const Tensor> operands) {
  return map_f32(call, operands, [](float x) { return x > 0 ? x : x != x ? x : 0.0f; });
}

}  // namespace

Op relu_op() {
  return {.name = "relu", .operands = {"src"}, .attributes = {}, .infer = infer_same, .reference = reference, .quant = QuantTrait::table};
}

}  // namespace galet::ops
