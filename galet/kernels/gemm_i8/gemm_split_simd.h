// The integer matrix product over weights in the forms of split.h, for any Simd without an 8-bit dot product: a tile of rows x vectors of
// accumulators stays in registers over the whole K, then goes through the epilogue. Included by instruction-set files.
#pragma once

#include "galet/kernels/gemm_i8/gemm_tile.h"
#include "galet/kernels/gemm_i8/split.h"

namespace galet::kernels {
namespace {

/// The pointer, as if it were a new one: what lies behind it is read again, as a memory operand, and takes no register.
template <typename T>
inline const T* again(const T* p) {
  asm("" : "+r"(p));
  return p;
}

template <int R, int V>
GALET_INLINE void add_split(const GemmI8Block& block, const SplitHeader& header, int64_t row, Int (&acc)[R][V]) {
  const int8_t* weights = block.weights + sizeof header;
  const int32_t* index = reinterpret_cast<const int32_t*>(block.weights + header.index);
  const int32_t* offsets = reinterpret_cast<const int32_t*>(block.weights + header.k);
  const uint8_t* rests = reinterpret_cast<const uint8_t*>(block.weights) + header.rests;
  for (int64_t tap = 0; tap < block.taps; ++tap, index += V) {
    const uint8_t* src[R];
#pragma GCC unroll 16
    for (int r = 0; r < R; ++r) src[r] = source_row(block, tap, row + r) + block.src_offset;
    for (int64_t k = 0; k < block.tap_bytes; k += 4, weights += V * Simd::kBytes) {
#pragma GCC unroll 16
      for (int r = 0; r < R; ++r) {
        const Int quads = Simd::spread(src[r] + k);
        const uint8_t* weight = reinterpret_cast<const uint8_t*>(weights);
#pragma GCC unroll 4
        for (int v = 0; v < V; ++v) acc[r][v] = Simd::dot_bounded(acc[r][v], quads, Simd::load_bytes(weight + v * Simd::kBytes));
      }
    }
#pragma GCC unroll 4
    for (int v = 0; v < V; ++v)
      for (int64_t i = index[v]; i < index[v + 1]; ++i) {
        const Bytes rest = Simd::load_bytes(rests + i * Simd::kBytes);
        const int64_t k = offsets[i];
#pragma GCC unroll 16
        for (int r = 0; r < R; ++r) acc[r][v] = Simd::dot_bounded(acc[r][v], Simd::spread(src[r] + k), rest);
      }
  }
}

template <int R, int V>
GALET_INLINE void add_even_odd(const GemmI8Block& block, int64_t row, Int (&acc)[R][V]) {
  const int8_t* weights = block.weights + sizeof(SplitHeader);
  for (int64_t tap = 0; tap < block.taps; ++tap) {
    const uint8_t* src[R];
#pragma GCC unroll 16
    for (int r = 0; r < R; ++r) src[r] = source_row(block, tap, row + r) + block.src_offset;
    for (int64_t k = 0; k < block.tap_bytes; k += 4, weights += V * 2 * Simd::kBytes) {
#pragma GCC unroll 16
      for (int r = 0; r < R; ++r) {
        const Simd::Quads source = Simd::source(src[r] + k);
        const int8_t* weight = again(weights);
#pragma GCC unroll 4
        for (int v = 0; v < V; ++v) acc[r][v] = Simd::dot(acc[r][v], source, Simd::wide_weights(weight + v * 2 * Simd::kBytes));
      }
    }
  }
}

template <int R, int V>
GALET_INLINE void add_pairs(const GemmI8Block& block, int64_t row, Int (&acc)[R][V]) {
  const uint8_t* weights = reinterpret_cast<const uint8_t*>(block.weights) + sizeof(SplitHeader);
  const uint8_t* src = block.wide + row * block.wide_stride;
  for (int64_t k = 0; k < 2 * block.tap_bytes; k += 4, src += 4, weights += V * Simd::kBytes)
#pragma GCC unroll 16
    for (int r = 0; r < R; ++r) {
      const Int pairs = Simd::spread(src + r * block.wide_stride);
#pragma GCC unroll 4
      for (int v = 0; v < V; ++v) acc[r][v] = Simd::dot_words(acc[r][v], pairs, Simd::load_bytes(weights + v * Simd::kBytes));
    }
}

template <int R, int V>
GALET_INLINE void accumulate(const GemmI8Block& block, int64_t row, Int (&acc)[R][V]) {
#pragma GCC unroll 16
  for (int r = 0; r < R; ++r)
#pragma GCC unroll 4
    for (int v = 0; v < V; ++v) acc[r][v] = Simd::load(block.init + v * Simd::kLanes);
  SplitHeader header;
  std::memcpy(&header, block.weights, sizeof header);
  if (header.form == SplitForm::pairs)
    add_pairs<R, V>(block, row, acc);
  else if (header.form == SplitForm::even_odd)
    add_even_odd<R, V>(block, row, acc);
  else
    add_split<R, V>(block, header, row, acc);
}

}  // namespace
}  // namespace galet::kernels
