// The tile of the integer matrix product: what is done with R rows by V vectors of accumulators, and how rows and widths are covered.
// The files that include this define accumulate<R, V>: gemm_simd.h for any Simd, or an instruction set's own.
#pragma once

#include "galet/kernels/gemm_i8/epilogue_simd.h"

namespace galet::kernels {
namespace {

// Arrays of accumulators stay in registers only where everything is inlined.
#define GALET_INLINE inline __attribute__((always_inline))
#define GALET_LAMBDA __attribute__((always_inline))

/// acc[r][v]: init plus the products of row + r with vector v of channels.
template <int R, int V>
GALET_INLINE void accumulate(const GemmI8Block& block, int64_t row, Int (&acc)[R][V]);

/// Stores R rows: lanes(r, v) gives the lanes of a row, codes packs four of them, finish is applied to the packed codes in plain order. As
/// many rows as fill a vector are packed together; where they lie in dst without gaps, they are one store.
template <int R, int V, typename Lanes, typename Codes, typename Finish>
GALET_INLINE void store_tile(uint8_t* dst, int64_t dst_stride, int64_t n, Lanes lanes, Codes codes, Finish finish) {
  if constexpr (V >= 3) {
#pragma GCC unroll 16
    for (int r = 0; r < R; ++r)
      Simd::store_bytes(dst + r * dst_stride, finish(Simd::in_order(codes(lanes(r, 0), lanes(r, 1), lanes(r, 2), lanes(r, V - 1)))), n);
  } else if constexpr (V == 2) {
    const bool dense = n == 2 * Simd::kLanes && dst_stride == n;
#pragma GCC unroll 16
    for (int r = 0; r < R; r += 2) {
      const int s = r + 1 < R ? r + 1 : r;
      const Bytes packed = finish(Simd::in_order(codes(lanes(r, 0), lanes(r, 1), lanes(s, 0), lanes(s, 1))));
      if (s > r && dense) {
        Simd::store_bytes(dst + r * dst_stride, packed);
        continue;
      }
      Simd::store_half(dst + r * dst_stride, packed, 0, n);
      if (s > r) Simd::store_half(dst + s * dst_stride, packed, 1, n);
    }
  } else {
    const bool dense = n == Simd::kLanes && dst_stride == n;
#pragma GCC unroll 16
    for (int r = 0; r < R; r += 4) {
      const auto row = [r](int i) { return r + i < R ? r + i : r; };
      const Bytes packed = finish(Simd::in_order(codes(lanes(r, 0), lanes(row(1), 0), lanes(row(2), 0), lanes(row(3), 0))));
      if (r + 3 < R && dense) {
        Simd::store_bytes(dst + r * dst_stride, packed);
        continue;
      }
#pragma GCC unroll 4
      for (int i = 0; i < 4; ++i)
        if (r + i < R) Simd::store_quarter(dst + (r + i) * dst_stride, packed, i, n);
    }
  }
}

/// R rows by V vectors: accumulated and finished in registers, except for the outputs that finish_rows alone knows.
template <int R, int V>
inline void compute_tile(const GemmI8Block& block, int64_t row, const Simd::Table& parts) {
  Int acc[R][V];
  accumulate<R, V>(block, row, acc);
  const EpilogueI8& epilogue = block.epilogue;
  const bool codes = epilogue.output == ConvI8Output::u8;
  uint8_t* dst = static_cast<uint8_t*>(block.dst) + row * block.dst_stride * (codes ? 1 : 4);
  const uint8_t* other = epilogue.other == nullptr ? nullptr : epilogue.other + row * epilogue.other_stride;
  if (codes && other == nullptr && epilogue.bounded) {
    const Requantize requantize(epilogue);
    const auto lanes = [&](int r, int v) GALET_LAMBDA { return requantize.scale(acc[r][v], Simd::load(block.m + v * Simd::kLanes)); };
    const auto pack = [&](Int a, Int b, Int c, Int d) GALET_LAMBDA { return requantize.codes(a, b, c, d); };
    if (epilogue.table == nullptr)
      store_tile<R, V>(dst, block.dst_stride, block.channels, lanes, pack, [](Bytes v) GALET_LAMBDA { return v; });
    else
      store_tile<R, V>(dst, block.dst_stride, block.channels, lanes, pack, [&](Bytes v) GALET_LAMBDA { return Simd::lookup(parts, v); });
  } else if (codes && other != nullptr && epilogue.table == nullptr) {
    const RequantizeAdd requantize(epilogue);
    const auto lanes = [&](int r, int v) GALET_LAMBDA {
      const int64_t c = v * Simd::kLanes;
      return requantize.scale(acc[r][v], block.m + c, other + r * epilogue.other_stride + c, block.channels - c);
    };
    const auto pack = [&](Int a, Int b, Int c, Int d) GALET_LAMBDA { return requantize.codes(a, b, c, d); };
    store_tile<R, V>(dst, block.dst_stride, block.channels, lanes, pack, [](Bytes v) GALET_LAMBDA { return v; });
  } else {
    alignas(64) int32_t buffer[R * V * Simd::kLanes];
#pragma GCC unroll 16
    for (int r = 0; r < R; ++r)
#pragma GCC unroll 4
      for (int v = 0; v < V; ++v) Simd::store(buffer + (r * V + v) * Simd::kLanes, acc[r][v]);
    finish_rows(epilogue, buffer, V * Simd::kLanes, block.m, block.bias_f32, R, block.channels, dst, block.dst_stride, other, parts);
  }
}

/// compute_tile<min(R, count), V>.
template <int R, int V>
inline void compute_tail(const GemmI8Block& block, int64_t row, int64_t count, const Simd::Table& parts) {
  if constexpr (R > 1) {
    if (count < R) return compute_tail<R - 1, V>(block, row, count, parts);
  }
  compute_tile<R, V>(block, row, parts);
}

/// All rows of a block that is V vectors wide, R rows at a time.
template <int R, int V>
void multiply(const GemmI8Block& block) {
  Simd::Table parts;
  if (block.epilogue.table != nullptr) Simd::load_table(block.epilogue.table, parts);
  for (int64_t row = 0; row < block.row_count; row += R) compute_tail<R, V>(block, row, block.row_count - row, parts);
}

}  // namespace
}  // namespace galet::kernels
