// The fully connected layer, over the last axis:  dst[..., m] = activation(bias[m] + sum over k of src[..., k] * weight[m, k])
#include "galet/ops/activation.h"
#include "galet/ops/rules.h"

namespace galet::ops {
namespace {

std::vector<TensorType> infer(const OpCall& call) {
  expect_same_types(call, Types::f32);
  call.expect_rank(1, 2, "out, in");
  const Shape& weight = call.shape(1);
  Shape dst = call.shape(0);
  if (dst.empty()) call.fail("src is a scalar, expected at least one dimension");
  if (dst.back() != weight[1])
    call.fail("src of shape {} ends in {}, weight {} expects {}", to_string(dst), dst.back(), to_string(weight), weight[1]);
  expect_shape(call, 2, {weight[0]});
  activation_range(call);
  dst.back() = weight[0];
  return {result_type(call, call.dtype(0), std::move(dst))};
}

std::vector<Tensor> reference(const OpCall& call, std::span<const Tensor> operands) {
  const int64_t out = call.shape(1)[0], in = call.shape(1)[1];
  const ActivationRange range = activation_range(call);
  Tensor result(DType::f32, infer(call)[0].shape);
  const int64_t rows = out == 0 ? 0 : result.size() / out;
  const float* weight = operands[1].data<float>();
  const float* bias = operands.size() > 2 && operands[2] ? operands[2].data<float>() : nullptr;
  const float* src = operands[0].data<float>();
  float* dst = result.mutable_data<float>();
  for (int64_t row = 0; row < rows; ++row, src += in)
    for (int64_t o = 0; o < out; ++o) {
      float sum = bias != nullptr ? bias[o] : 0.0f;
      for (int64_t i = 0; i < in; ++i) sum += src[i] * weight[o * in + i];
      *dst++ = apply(range, sum);
    }
  return {result};
}

int64_t macs(const OpCall& call) { return product(count(infer(call)[0].shape), call.shape(1)[1]); }

}  // namespace

Op linear_op() {
  return {.name = "linear",
          .operands = {"src", "weight", "bias?"},
          .attributes = with_activation({}),
          .infer = infer,
          .reference = reference,
          .quant = QuantTrait::weighted,
          .macs = macs};
}

}  // namespace galet::ops
