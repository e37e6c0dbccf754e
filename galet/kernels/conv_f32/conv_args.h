// Operands of a float convolution. Included by instruction-set files: plain structs only.
#pragma once

#include <cstdint>

#include "galet/kernels/conv_shape.h"

namespace galet::kernels {

/// y = clamp(sum src * weight + bias [+ other], lo, hi). The sum's order is fixed: bits do not depend on the split (they may on the Isa).
struct ConvF32Args {
  const float* src = nullptr;    // (batch, src_h, src_w, src_c)
  const void* packed = nullptr;  // from conv_f32_pack
  const float* bias = nullptr;   // dst_c entries; null: none
  const float* other = nullptr;  // residual of the shape of dst, added before the clamp; null: none
  int64_t other_stride = 0;      // elements between its pixels; 0: dense
  float* dst = nullptr;          // (batch, dst_h, dst_w, dst_c)
  float lo = -__builtin_inff(), hi = __builtin_inff();
};

}  // namespace galet::kernels
