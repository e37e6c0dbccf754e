// The loops in plain C++ that compilers vectorize; included once for each instruction set (no inline function leaves its file).
#pragma once

#include "galet/torch/quantizers/loops.h"

namespace galet::torch::quantizers {
namespace {

constexpr int kLanes = 16;

// Round half to even for |t| < 2^22: the sum has no bits left below 1.
inline float rounded(float t) {
  constexpr float kMagic = 12582912.0f;  // 1.5 * 2^23
  return (t + kMagic) - kMagic;
}
inline float clamped(float t, float low, float high) {
  t = t > low ? t : low;
  return t < high ? t : high;
}

void fake_quantize(const float* x, float* y, int64_t n, const FakeQuant& q) {
  const float scale = q.scale, low = q.low, high = q.high;
  if (q.levels != nullptr) {
    for (int64_t i = 0; i < n; ++i) y[i] = q.levels[static_cast<int32_t>(rounded(clamped(x[i] / scale, low, high))) + q.offset];
    return;
  }
  for (int64_t i = 0; i < n; ++i) y[i] = scale * rounded(clamped(x[i] / scale, low, high));
}

void fake_quantize_backward(const float* x, const float* g, float* gx, int64_t n, const FakeQuant& q, ClipSums* sums) {
  const float scale = q.scale, low = q.low, high = q.high;
  if (sums == nullptr) {
    for (int64_t i = 0; i < n; ++i) {
      const float t = x[i] / scale;
      gx[i] = (t >= low) & (t <= high) ? g[i] : 0.0f;
    }
    return;
  }
  float inside[kLanes] = {}, below[kLanes] = {}, above[kLanes] = {};
  const auto one = [&](int64_t i, int lane) {
    const float t = x[i] / scale;
    const float under = t < low ? g[i] : 0.0f, over = t > high ? g[i] : 0.0f;
    const float own = (t >= low) & (t <= high) ? g[i] : 0.0f;
    gx[i] = own;
    inside[lane] += own * (rounded(t) - t);
    below[lane] += under;
    above[lane] += over;
  };
  int64_t i = 0;
  for (; i + kLanes <= n; i += kLanes)
    for (int lane = 0; lane < kLanes; ++lane) one(i + lane, lane);
  for (; i < n; ++i) one(i, static_cast<int>(i % kLanes));
  for (int lane = 0; lane < kLanes; ++lane) {
    sums->inside += static_cast<double>(inside[lane]);
    sums->below += static_cast<double>(below[lane]);
    sums->above += static_cast<double>(above[lane]);
  }
}

void codes(const float* x, float* dst, int64_t n, float scale, float low, float high) {
  for (int64_t i = 0; i < n; ++i) dst[i] = rounded(clamped(x[i] / scale, low, high));
}

}  // namespace
}  // namespace galet::torch::quantizers
