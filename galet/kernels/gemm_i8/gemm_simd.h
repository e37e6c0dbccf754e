// The integer matrix product for any Simd: a tile of rows x vectors of accumulators stays in registers over the whole K, then goes through
// a small buffer to the epilogue. Included by instruction-set files, which give the number of rows for each width.
#pragma once

#include "galet/kernels/gemm_i8/epilogue_simd.h"

namespace galet::kernels {
namespace {

constexpr int kMaxTile = 32 * Simd::kLanes;  // accumulators of the largest tile

template <int R, int V>
void accumulate(const GemmI8Block& block, int64_t row, int32_t* dst) {
  Int acc[R][V];
#pragma GCC unroll 16
  for (int r = 0; r < R; ++r)
#pragma GCC unroll 4
    for (int v = 0; v < V; ++v) acc[r][v] = Simd::load(block.init + v * Simd::kLanes);

  const int8_t* weights = block.weights;
  const uint8_t* const* rows = block.rows + row;
  for (int64_t tap = 0; tap < block.taps; ++tap, rows += block.row_stride) {
    const uint8_t* src[R];
#pragma GCC unroll 16
    for (int r = 0; r < R; ++r) src[r] = rows[r] + block.src_offset;
    for (int64_t k = 0; k < block.tap_bytes; k += 4, weights += V * Simd::kBytes) {
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
#pragma GCC unroll 16
  for (int r = 0; r < R; ++r)
#pragma GCC unroll 4
    for (int v = 0; v < V; ++v) Simd::store(dst + (r * V + v) * Simd::kLanes, acc[r][v]);
}

/// accumulate<min(R, count), V>.
template <int R, int V>
void accumulate_tail(const GemmI8Block& block, int64_t row, int64_t count, int32_t* dst) {
  if constexpr (R > 1) {
    if (count < R) return accumulate_tail<R - 1, V>(block, row, count, dst);
  }
  accumulate<R, V>(block, row, dst);
}

/// All rows of a block that is V vectors wide, R rows at a time.
template <int R, int V>
void multiply(const GemmI8Block& block) {
  static_assert(R * V * Simd::kLanes <= kMaxTile);
  alignas(64) int32_t acc[R * V * Simd::kLanes];
  Bytes parts[16];
  if (block.epilogue.table != nullptr) Simd::load_table(block.epilogue.table, parts);
  const int64_t element = block.epilogue.output == ConvI8Output::u8 ? 1 : 4;
  for (int64_t row = 0; row < block.row_count; row += R) {
    const int64_t count = block.row_count - row < R ? block.row_count - row : R;
    accumulate_tail<R, V>(block, row, count, acc);
    void* dst = static_cast<uint8_t*>(block.dst) + row * block.dst_stride * element;
    const uint8_t* other = block.epilogue.other == nullptr ? nullptr : block.epilogue.other + row * block.epilogue.other_stride;
    finish_rows(block.epilogue, acc, V * Simd::kLanes, block.m, block.bias_f32, count, block.channels, dst, block.dst_stride, other, parts);
  }
}

}  // namespace
}  // namespace galet::kernels
