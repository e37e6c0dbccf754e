// The sparse product for any Simd: a tile of rows x vectors of accumulators stays in registers over all groups of a panel, then goes
// through the epilogue of the dense one. Included by instruction-set files.
#pragma once

#include "galet/kernels/gemm_i8/gemm_tile.h"
#include "galet/kernels/sparse_i8/panel.h"

namespace galet::kernels {
namespace {

template <int R, int V>
GALET_INLINE void accumulate(const GemmI8Block& block, int64_t row, Int (&acc)[R][V]) {
  const SparsePanelI8& panel = static_cast<const SparsePanelI8&>(block);
#pragma GCC unroll 16
  for (int r = 0; r < R; ++r)
#pragma GCC unroll 4
    for (int v = 0; v < V; ++v) acc[r][v] = Simd::load(block.init + v * Simd::kLanes);

  const int8_t* weights = block.weights;
  const uint32_t* offset = panel.offsets;
  for (int64_t tap = 0; tap < block.taps; ++tap) {
    const uint32_t* const end = panel.offsets + panel.ends[tap];
    if (offset == end) continue;
    const uint8_t* src[R];
#pragma GCC unroll 16
    for (int r = 0; r < R; ++r) src[r] = source_row(block, tap, row + r) + block.src_offset;
    for (; offset != end; ++offset, weights += V * Simd::kBytes) {
      const uint64_t k = *offset;
      Simd::Quads weight[V];
#pragma GCC unroll 4
      for (int v = 0; v < V; ++v) weight[v] = Simd::weights(weights + v * Simd::kBytes);
#pragma GCC unroll 16
      for (int r = 0; r < R; ++r) {
        const Simd::Quads source = Simd::source(src[r] + k);
#pragma GCC unroll 4
        for (int v = 0; v < V; ++v) acc[r][v] = Simd::dot(acc[r][v], source, weight[v]);
      }
    }
  }
}

}  // namespace
}  // namespace galet::kernels
