// Max and average pooling of floats, NHWC. Items as in pool_i8/pool.h.
#pragma once

#include "galet/kernels/pool_i8/pool.h"

namespace galet::kernels {

/// Greatest element of the window inside the map; -inf where the window lies wholly outside.
struct MaxPoolF32Args {
  PoolShape shape;
  const float* src;
  float* dst;
};
using MaxPoolF32Fn = void(const MaxPoolF32Args& args, int64_t begin, int64_t end) noexcept;

/// sum / n, rows then columns; n as in AveragePoolI8Args.
struct AveragePoolF32Args {
  PoolShape shape;
  const float* src;
  float* dst;
  bool count_padding;
};
using AveragePoolF32Fn = void(const AveragePoolF32Args& args, int64_t begin, int64_t end) noexcept;

}  // namespace galet::kernels
