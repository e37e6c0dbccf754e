// Elementwise kernels on floats. No fused multiply-add: the bits are those of the plain loops.
#pragma once

#include <cstdint>

#include "galet/kernels/elementwise_i8/elementwise.h"

namespace galet::kernels {

enum class BinaryF32 : uint8_t { add, sub, mul, div, min, max };

/// Items: rows of `cols`. dst = clamp(src OP other, lo, hi); with `swap` dst = clamp(other OP src, lo, hi).
struct BinaryF32Args {
  const float* src;
  const float* other;
  float* dst;
  int64_t cols;
  Broadcast broadcast;
  BinaryF32 op;
  bool swap;
  float lo, hi;  // a fused activation; infinities for none
};
using BinaryF32Fn = void(const BinaryF32Args& args, int64_t begin, int64_t end) noexcept;

/// clip: min(max(x, a), b);  hard_sigmoid: min(max(a * x + b, 0), 1);  hard_swish: x * min(max(x * (1/6) + 0.5, 0), 1);
/// leaky_relu: x < 0 ? a * x : x.
enum class UnaryF32 : uint8_t { clip, hard_sigmoid, hard_swish, leaky_relu };

/// Items: elements.
struct UnaryF32Args {
  const float* src;
  float* dst;
  UnaryF32 op;
  float a, b;
};
using UnaryF32Fn = void(const UnaryF32Args& args, int64_t begin, int64_t end) noexcept;

}  // namespace galet::kernels
