// Local response normalisation over neighbouring channels:
//   dst[c] = src[c] / (bias + alpha / size * sum of src[k]^2) ^ beta      k from c - floor((size-1)/2) to c + ceil((size-1)/2)
#include <algorithm>
#include <cmath>

#include "galet/ops/rules.h"

namespace galet::ops {
namespace {

std::vector<TensorType> infer(const OpCall& call) {
  expect_types(call, 0, Types::floats);
  if (call.rank(0) < 2) call.fail("src has shape {}, expected channels in its second dimension", to_string(call.shape(0)));
  if (call.get_int("size") < 1) call.fail("size {} is below 1", call.get_int("size"));
  return {call.type(0)};
}

template <typename T>
void normalise(const OpCall& call, const T* src, T* dst) {
  const Shape& shape = call.shape(0);
  const int64_t channels = shape[1], plane = count(shape, 2, shape.size()), size = call.get_int("size");
  const int64_t before = std::min((size - 1) / 2, channels), after = std::min(size / 2, channels);
  const double factor = call.get_float("alpha") / static_cast<double>(size);
  for (int64_t n = 0; n < shape[0]; ++n, src += channels * plane)
    for (int64_t c = 0; c < channels; ++c)
      for (int64_t i = 0; i < plane; ++i) {
        double squares = 0;
        for (int64_t k = std::max<int64_t>(c - before, 0); k <= std::min(c + after, channels - 1); ++k)
          squares += static_cast<double>(src[k * plane + i]) * src[k * plane + i];
        *dst++ = static_cast<T>(src[c * plane + i] / std::pow(call.get_float("bias") + factor * squares, call.get_float("beta")));
      }
}

std::vector<Tensor> reference(const OpCall& call, std::span<const Tensor> operands) {
  Tensor result(call.dtype(0), call.shape(0));
  dispatch_floats(call.dtype(0), [&](auto zero) {
    using T = decltype(zero);
    normalise(call, operands[0].data<T>(), result.mutable_data<T>());
  });
  return {result};
}

}  // namespace

Op lrn_op() {
  return {.name = "lrn",
          .operands = {"src"},
          .attributes = {{"size", int64_t{1}, true}, {"alpha", 1e-4f}, {"beta", 0.75f}, {"bias", 1.0f}},
          .infer = infer,
          .reference = reference};
}

}  // namespace galet::ops
