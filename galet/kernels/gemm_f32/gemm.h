// What one call of a float matrix-product kernel computes. Included by instruction-set files: plain structs only.
#pragma once

#include <cstdint>

namespace galet::kernels {

/// dst[row, c] = clamp(init[c] + sum over taps t and k of rows[t * row_stride + row][src_offset + k] * weights[t, k, c] [+ other[row, c]],
/// lo, hi).
struct GemmF32Block {
  const uint8_t* const* rows;  // (taps, row_stride) pointers to floats
  int64_t row_stride, row_count;
  int64_t taps, tap_elements;
  int64_t src_offset;    // bytes
  const float* weights;  // (taps * tap_elements, vectors * lanes)
  const float* init;     // vectors * lanes
  int64_t vectors, channels;
  float* dst;
  int64_t dst_stride;  // elements
  const float* other;  // null: none
  int64_t other_stride;
  float lo, hi;
};
using GemmF32Fn = void(const GemmF32Block& block) noexcept;

}  // namespace galet::kernels
