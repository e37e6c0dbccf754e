// The sparse float product for any Simd: a tile of rows x vectors of accumulators stays in registers over all groups of a panel, then ends
// as the dense one. Included by instruction-set files.
#pragma once

#include "galet/kernels/gemm_f32/gemm_tile.h"
#include "galet/kernels/sparse_f32/panel.h"

namespace galet::kernels {
namespace {

/// The products of one input, at `at` bytes from src[r], for each row.
template <int R, int V>
GALET_INLINE void step(const float* weights, const uint8_t* const (&src)[R], uint64_t at, Float (&acc)[R][V]) {
  Float weight[V];
#pragma GCC unroll 4
  for (int v = 0; v < V; ++v) weight[v] = Simd::load(weights + v * Simd::kLanes);
#pragma GCC unroll 16
  for (int r = 0; r < R; ++r) {
    const Float source = Simd::set(*reinterpret_cast<const float*>(src[r] + at));
#pragma GCC unroll 4
    for (int v = 0; v < V; ++v) acc[r][v] = Simd::fma(source, weight[v], acc[r][v]);
  }
}

template <int R, int V>
GALET_INLINE void accumulate(const GemmF32Block& block, int64_t row, Float (&acc)[R][V]) {
  const SparsePanelF32& panel = static_cast<const SparsePanelF32&>(block);
  const float* weights = block.weights;
  const uint32_t* offset = panel.offsets;
  const uint8_t* const* rows = block.rows + row;
  for (int64_t tap = 0; tap < block.taps; ++tap, rows += block.row_stride) {
    const uint32_t* const end = panel.offsets + panel.ends[tap];
    const bool rest = panel.rests[tap] != 0;
    if (offset == end && !rest) continue;
    const uint8_t* src[R];
#pragma GCC unroll 16
    for (int r = 0; r < R; ++r) src[r] = rows[r] + block.src_offset;
    for (; offset != end; ++offset) {
      const uint64_t at = *offset;
#pragma GCC unroll 4
      for (uint64_t i = 0; i < kSparseInputs; ++i, weights += V * Simd::kLanes) step(weights, src, at + 4 * i, acc);
    }
    for (int64_t i = rest ? panel.rest : 0; i > 0; --i, weights += V * Simd::kLanes)
      step(weights, src, static_cast<uint64_t>(4 * (block.tap_elements - i)), acc);
  }
}

}  // namespace
}  // namespace galet::kernels
