#include "galet/ops/spec.h"

#include <algorithm>
#include <cmath>

namespace galet::ops {
namespace {

/// Calls f(element, channel) for each element.
template <typename F>
void for_each_element(const Shape& shape, const QuantSpec& spec, F f) {
  if (spec.dynamic || spec.scales.empty()) fail("a dynamic quantization has no scale of its own");
  const bool per_channel = spec.axis >= 0;
  const auto axis = static_cast<size_t>(std::max(spec.axis, 0));
  if (per_channel && (axis >= shape.size() || shape[axis] != static_cast<int64_t>(spec.scales.size())))
    fail("{} scales on axis {} of shape {}", spec.scales.size(), axis, to_string(shape));
  const int64_t inner = per_channel ? count(shape, axis + 1, shape.size()) : 1;
  const auto channels = static_cast<int64_t>(spec.scales.size());
  for (int64_t i = 0, n = count(shape); i < n; ++i) f(i, static_cast<size_t>(per_channel ? i / inner % channels : 0));
}

}  // namespace

Tensor to_codes(const Tensor& real, const QuantSpec& spec) {
  Tensor codes(spec.storage, real.shape());
  const float* src = real.data<float>();
  dispatch(spec.storage, [&](auto zero) {
    using T = decltype(zero);
    T* dst = codes.mutable_data<T>();
    for_each_element(real.shape(), spec, [&](int64_t i, size_t c) {
      const float x = src[i] / spec.scales[c];
      const double q = std::isnan(x) ? 0.0 : static_cast<double>(std::nearbyint(x));
      const double code = std::clamp(q + spec.zero_points[c], static_cast<double>(spec.qmin), static_cast<double>(spec.qmax));
      dst[i] = static_cast<T>(spec.levels.empty() ? code : nearest_level(spec.levels, static_cast<int32_t>(code)));
    });
  });
  return codes;
}

Tensor to_real(const Tensor& codes, const QuantSpec& spec) {
  Tensor real(DType::f32, codes.shape());
  float* dst = real.mutable_data<float>();
  dispatch(codes.dtype(), [&](auto zero) {
    const auto* src = codes.data<decltype(zero)>();
    for_each_element(codes.shape(), spec, [&](int64_t i, size_t c) {
      dst[i] = spec.scales[c] * static_cast<float>(static_cast<int64_t>(src[i]) - spec.zero_points[c]);
    });
  });
  return real;
}

}  // namespace galet::ops
