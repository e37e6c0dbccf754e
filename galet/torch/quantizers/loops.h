// The loops over every activation and every weight, a vector at a time: figures of training depend on them.
#pragma once

#include <cstdint>

#include "galet/ir/facts.h"
#include "galet/torch/quantizers/quantizer.h"

namespace galet::torch::quantizers {

/// y = scale * (clamp(rhe(x / scale) + zero, lo, hi) - zero), with levels: of the nearest level.
struct FakeQuant {
  float scale = 1, low = 0, high = 255;  // codes relative to the zero point
  const float* levels = nullptr;         // real value by code + offset, codes relative to the zero point; nullptr: uniform
  int32_t offset = 0;
};

struct Loops {
  void (*fake_quantize)(const float* x, float* y, int64_t n, const FakeQuant& q);
  /// gx = g inside of the codes, else 0. `sums` may be null; n <= 1 << 16.
  void (*fake_quantize_backward)(const float* x, const float* g, float* gx, int64_t n, const FakeQuant& q, ClipSums* sums);
  /// codes = rhe(clamp(x / scale, low, high))
  void (*codes)(const float* x, float* codes, int64_t n, float scale, float low, float high);
};
/// The best for this machine; all give the same bits.
const Loops& loops();

extern const Loops kLoopsBaseline, kLoopsAvx2;

}  // namespace galet::torch::quantizers
