// What one call of a depthwise kernel computes: a run of pixels of one row, all channels. Included by instruction-set files: plain structs
// only.
#pragma once

#include <cstdint>

#include "galet/kernels/gemm_i8/gemm.h"

namespace galet::kernels {

/// dst[p, c] = epilogue(init[c] + sum over taps t of rows[t][p * steps[t] + c] * weights[t, c]).
/// Channels come in blocks of 4 * lanes. In arrays marked "interleaved" channel 16 l + 4 j + e of a block lies at j * lanes + 4 l + e: the
/// order in which byte unpacking inside 128-bit lanes leaves them, and which packing undoes.
struct DepthwiseI8Run {
  const uint8_t* const* rows;  // 4 * tap_quads pointers
  const int64_t* steps;        // 4 * tap_quads
  int64_t tap_quads;
  int64_t pixels, channels;
  const int8_t* weights;  // (blocks, tap_quads, 4 * lanes interleaved, 4 taps)
  const int32_t* init;    // (blocks, 4 * lanes interleaved)
  const float* m;         // (blocks, 4 * lanes), interleaved for output u8
  const float* bias_f32;  // (blocks, 4 * lanes)
  void* dst;
  int64_t dst_stride;  // elements
  EpilogueI8 epilogue;
};
using DepthwiseI8Fn = void(const DepthwiseI8Run& run) noexcept;

}  // namespace galet::kernels
