// Batch normalisation as at inference, per channel (axis 1):  dst = (src - mean) * (scale / sqrt(var + epsilon)) + shift
#include <cmath>

#include "galet/ops/rules.h"

namespace galet::ops {
namespace {

std::vector<TensorType> infer(const OpCall& call) {
  expect_same_types(call, Types::floats);
  if (call.rank(0) < 2) call.fail("src has shape {}, expected channels in its second dimension", to_string(call.shape(0)));
  for (size_t i = 1; i <= 4; ++i) expect_shape(call, i, {call.shape(0)[1]});
  return {call.type(0)};
}

template <typename T>
void normalise(const OpCall& call, std::span<const Tensor> operands, T* dst) {
  const Shape& shape = call.shape(0);
  const int64_t plane = count(shape, 2, shape.size());
  const T epsilon = call.get_float("epsilon");
  const T *src = operands[0].data<T>(), *scale = operands[1].data<T>(), *shift = operands[2].data<T>();
  const T *mean = operands[3].data<T>(), *var = operands[4].data<T>();
  for (int64_t n = 0; n < shape[0]; ++n)
    for (int64_t c = 0; c < shape[1]; ++c) {
      const T factor = scale[c] / std::sqrt(var[c] + epsilon);
      for (int64_t i = 0; i < plane; ++i) *dst++ = (*src++ - mean[c]) * factor + shift[c];
    }
}

std::vector<Tensor> reference(const OpCall& call, std::span<const Tensor> operands) {
  Tensor result(call.dtype(0), call.shape(0));
  dispatch_floats(call.dtype(0), [&](auto zero) { normalise(call, operands, result.mutable_data<decltype(zero)>()); });
  return {result};
}

}  // namespace

Op batch_norm_op() {
  return {.name = "batch_norm",
          .operands = {"src", "scale", "shift", "mean", "var"},
          .attributes = {{"epsilon", 1e-5f}},
          .infer = infer,
          .reference = reference};
}

}  // namespace galet::ops
