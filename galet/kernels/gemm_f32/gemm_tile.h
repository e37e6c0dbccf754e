// What the float products share: how a tile of R rows by V vectors of accumulators starts and ends, and how rows are covered.
// The files that include this define accumulate<R, V>.
#pragma once

#include "galet/kernels/gemm_f32/gemm.h"

namespace galet::kernels {
namespace {

using Float = Simd::Float;
// Arrays of accumulators stay in registers only where everything is inlined.
#define GALET_INLINE inline __attribute__((always_inline))

/// acc[r][v]: init plus the products of row + r with vector v of channels.
template <int R, int V>
GALET_INLINE void accumulate(const GemmF32Block& block, int64_t row, Float (&acc)[R][V]);

template <int R, int V>
inline void compute_tile(const GemmF32Block& block, int64_t row) {
  Float acc[R][V];
#pragma GCC unroll 16
  for (int r = 0; r < R; ++r)
#pragma GCC unroll 4
    for (int v = 0; v < V; ++v) acc[r][v] = Simd::load(block.init + v * Simd::kLanes);
  accumulate<R, V>(block, row, acc);
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

/// compute_tile<min(R, rows left), V>.
template <int R, int V>
inline void compute_tail(const GemmF32Block& block, int64_t row) {
  if constexpr (R > 1) {
    if (block.row_count - row < R) return compute_tail<R - 1, V>(block, row);
  }
  compute_tile<R, V>(block, row);
}

template <int R, int V>
void multiply(const GemmF32Block& block) {
  for (int64_t row = 0; row < block.row_count; row += R) compute_tail<R, V>(block, row);
}

}  // namespace
}  // namespace galet::kernels
