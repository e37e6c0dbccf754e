// usmmla multiplies two rows of eight unsigned sources with two channels of eight signed weights: 32 products an instruction. Weights are
// packed eight deep; a rest of four is filled up with zeros here.
#include "galet/kernels/simd/neon.h"
// The generic code below is written in terms of Simd.
#include "galet/kernels/gemm_i8/gemm_tile.h"

namespace galet::kernels {
namespace {

/// Eight steps of K. tiles[p][t]: rows 2 p and 2 p + 1 by channels 2 t and 2 t + 1, row by row.
template <int P, int T>
GALET_INLINE void eight(const int8_t* weights, const uint8x16_t (&pairs)[P], Int (&tiles)[P][T]) {
#pragma GCC unroll 8
  for (int t = 0; t < T; ++t) {
    const int8x16_t weight = vld1q_s8(weights + 16 * t);
#pragma GCC unroll 4
    for (int p = 0; p < P; ++p) tiles[p][t] = vusmmlaq_s32(tiles[p][t], pairs[p], weight);
  }
}

/// The last four steps of a tap: weights are four deep, their other four are zero.
template <int P, int T>
GALET_INLINE void four(const int8_t* weights, const uint8x16_t (&pairs)[P], Int (&tiles)[P][T]) {
#pragma GCC unroll 8
  for (int t = 0; t < T; ++t) {
    const int32x4_t two = vcombine_s32(vld1_s32(reinterpret_cast<const int32_t*>(weights + 8 * t)), vdup_n_s32(0));
    const int8x16_t weight = vreinterpretq_s8_s32(vzip1q_s32(two, vdupq_n_s32(0)));
#pragma GCC unroll 4
    for (int p = 0; p < P; ++p) tiles[p][t] = vusmmlaq_s32(tiles[p][t], pairs[p], weight);
  }
}

template <int R, int V>
GALET_INLINE void accumulate(const GemmI8Block& block, int64_t row, Int (&acc)[R][V]) {
  constexpr int P = (R + 1) / 2, T = 2 * V;
  Int tiles[P][T];
#pragma GCC unroll 8
  for (int t = 0; t < T; ++t) {
    const int32x2_t init = vld1_s32(block.init + 2 * t);
#pragma GCC unroll 4
    for (int p = 0; p < P; ++p) tiles[p][t] = vcombine_s32(init, init);
  }
  const int8_t* weights = block.weights;
  for (int64_t tap = 0; tap < block.taps; ++tap) {
    const uint8_t* src[R];
#pragma GCC unroll 8
    for (int r = 0; r < R; ++r) src[r] = source_row(block, tap, row + r) + block.src_offset;
    uint8x16_t pairs[P];
    int64_t k = 0;
    for (; k + 8 <= block.tap_bytes; k += 8, weights += V * 32) {
#pragma GCC unroll 4
      for (int p = 0; p < P; ++p) pairs[p] = vcombine_u8(vld1_u8(src[2 * p] + k), vld1_u8(src[2 * p + 1 < R ? 2 * p + 1 : 2 * p] + k));
      eight(weights, pairs, tiles);
    }
    if (k < block.tap_bytes) {
#pragma GCC unroll 4
      for (int p = 0; p < P; ++p) {
        uint32_t a, b;
        std::memcpy(&a, src[2 * p] + k, 4);
        std::memcpy(&b, src[2 * p + 1 < R ? 2 * p + 1 : 2 * p] + k, 4);
        pairs[p] = vcombine_u8(vcreate_u8(a), vcreate_u8(b));
      }
      four(weights, pairs, tiles);
      weights += V * 16;
    }
  }
#pragma GCC unroll 8
  for (int r = 0; r < R; ++r)
#pragma GCC unroll 4
    for (int v = 0; v < V; ++v) {
      const Int a = tiles[r / 2][2 * v], b = tiles[r / 2][2 * v + 1];
      acc[r][v] = r % 2 == 0 ? vcombine_s32(vget_low_s32(a), vget_low_s32(b)) : vcombine_s32(vget_high_s32(a), vget_high_s32(b));
    }
}

}  // namespace

void gemm_u8i8u8__neoni8mm_6x16(const GemmI8Block& block) noexcept {
  switch (block.vectors) {
    case 4:
      return multiply<6, 4>(block);
    case 3:
      return multiply<8, 3>(block);
    case 2:
      return multiply<8, 2>(block);
    default:
      return multiply<8, 1>(block);
  }
}

}  // namespace galet::kernels
