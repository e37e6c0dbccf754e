// The float matrix product for any Simd: fused multiply-adds, K in order, so bits do not depend on how rows are split.
#pragma once

#include "galet/kernels/gemm_f32/gemm_tile.h"

namespace galet::kernels {
namespace {

template <int R, int V>
GALET_INLINE void accumulate(const GemmF32Block& block, int64_t row, Float (&acc)[R][V]) {
  const float* weights = block.weights;
  const uint8_t* const* rows = block.rows + row;
  for (int64_t tap = 0; tap < block.taps; ++tap, rows += block.row_stride) {
    const float* src[R];
#pragma GCC unroll 16
    for (int r = 0; r < R; ++r) src[r] = reinterpret_cast<const float*>(rows[r] + block.src_offset);
    for (int64_t k = 0; k < block.tap_elements; ++k, weights += V * Simd::kLanes) {
      Float weight[V];
#pragma GCC unroll 4
      for (int v = 0; v < V; ++v) weight[v] = Simd::load(weights + v * Simd::kLanes);
#pragma GCC unroll 16
      for (int r = 0; r < R; ++r) {
        const Float source = Simd::set(src[r][k]);
#pragma GCC unroll 4
        for (int v = 0; v < V; ++v) acc[r][v] = Simd::fma(source, weight[v], acc[r][v]);
      }
    }
  }
}

}  // namespace
}  // namespace galet::kernels
