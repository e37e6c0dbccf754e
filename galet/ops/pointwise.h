// Functions of one element of one tensor: shape rule and reference made from a float function.
#pragma once

#include "galet/ir/op.h"

namespace galet::ops {

/// One result of the type and shape of src.
std::vector<TensorType> infer_same(const OpCall& call);
/// Throws Error unless src is f32, then applies f(call, x) to each element.
template <typename F>
std::vector<Tensor> map_f32(const OpCall& call, std::span<const Tensor> operands, F f) {
  if (operands[0].dtype() != DType::f32) call.fail("src is {}, expected f32", to_string(operands[0].dtype()));
  Tensor result(DType::f32, operands[0].shape());
  const float* src = operands[0].data<float>();
  float* dst = result.mutable_data<float>();
  for (int64_t i = 0; i < result.size(); ++i) dst[i] = f(src[i]);
  return {result};
}

}  // namespace galet::ops
