// The float matrix product for any Simd: fused multiply-adds, K in order, so bits do not depend on how rows are split.
#pragma once

#include "galet/kernels/gemm_f32/gemm.h"

namespace galet::kernels {
namespace {

using Float = Simd::Float;

template <int R, int V>
void multiply_tile(const GemmF32Block& block, int64_t row) {
  Float acc[R][V];
#pragma GCC unroll 16
  for (int r = 0; r < R; ++r)
#pragma GCC unroll 4
    for (int v = 0; v < V; ++v) acc[r][v] = Simd::load(block.init + v * Simd::kLanes);

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

  const Float lo = Simd::set(block.lo), hi = Simd::set(block.hi);
#pragma GCC unroll 16
  for (int r = 0; r < R; ++r)
#pragma GCC unroll 4
    for (int v = 0; v < V; ++v) {
      const int64_t c = v * Simd::kLanes, n = block.channels - c;
      if (n <= 0) continue;
      if (block.other != nullptr) acc[r][v] = Simd::add(acc[r][v], Simd::load(block.other + (row + r) * block.other_stride + c, n));
      Simd::store(block.dst + (row + r) * block.dst_stride + c, Simd::min(Simd::max(acc[r][v], lo), hi), n);
    }
}

template <int R, int V>
void multiply_tail(const GemmF32Block& block, int64_t row) {
  if constexpr (R > 1) {
    if (block.row_count - row < R) return multiply_tail<R - 1, V>(block, row);
  }
  multiply_tile<R, V>(block, row);
}

template <int R, int V>
void multiply(const GemmF32Block& block) {
  for (int64_t row = 0; row < block.row_count; row += R) multiply_tail<R, V>(block, row);
}

}  // namespace
}  // namespace galet::kernels
