// Products of bytes summed in pairs in 16 bits, then in 32. Sources are made signed so that a pair never leaves 16 bits, whatever the
// weights: those of even quads as q - 128, those of odd quads as 127 - q, whose products are subtracted. With weights of -128..127 a pair
// lies in -32640..32640 (with 128 for both, twice -128 * -128 would be 32768). Packing makes up for 128 and 127 in the offsets.
#include "galet/kernels/simd/neon.h"
// The generic code below is written in terms of Simd.
#include "galet/kernels/gemm_i8/gemm_tile.h"

namespace galet::kernels {
namespace {

/// One lane of four sources in all lanes.
template <int Lane>
inline int8x16_t spread(uint8x16_t quads) {
  return vreinterpretq_s8_u32(vdupq_laneq_u32(vreinterpretq_u32_u8(quads), Lane));
}

/// Two quads: eight steps of K. low[r][v] has channels 0 and 1 of a vector in two partial sums each, high channels 2 and 3.
template <int Lane, int R, int V>
GALET_INLINE void two_quads(const int8_t* weights, const uint8x16_t (&src)[R], Int (&low)[R][V], Int (&high)[R][V]) {
  int8x16_t even[R], odd[R];
#pragma GCC unroll 8
  for (int r = 0; r < R; ++r) {
    even[r] = spread<Lane>(src[r]);
    odd[r] = spread<Lane + 1>(src[r]);
  }
#pragma GCC unroll 4
  for (int v = 0; v < V; ++v) {
    const int8x16_t w0 = vld1q_s8(weights + (Lane * V + v) * 16), w1 = vld1q_s8(weights + ((Lane + 1) * V + v) * 16);
#pragma GCC unroll 8
    for (int r = 0; r < R; ++r) {
      low[r][v] = vpadalq_s16(low[r][v], vmlsl_s8(vmull_s8(vget_low_s8(w0), vget_low_s8(even[r])), vget_low_s8(w1), vget_low_s8(odd[r])));
      high[r][v] = vpadalq_s16(high[r][v], vmlsl_high_s8(vmull_high_s8(w0, even[r]), w1, odd[r]));
    }
  }
}

template <int R, int V>
GALET_INLINE void accumulate(const GemmI8Block& block, int64_t row, Int (&acc)[R][V]) {
  Int low[R][V], high[R][V];
#pragma GCC unroll 8
  for (int r = 0; r < R; ++r)
#pragma GCC unroll 4
    for (int v = 0; v < V; ++v) low[r][v] = high[r][v] = vdupq_n_s32(0);
  const int8_t* weights = block.weights;
  const uint8x16_t flip = vreinterpretq_u8_u64(vdupq_n_u64(0x7f7f7f7f80808080));
  for (int64_t tap = 0; tap < block.taps; ++tap) {
    const uint8_t* src[R];
#pragma GCC unroll 8
    for (int r = 0; r < R; ++r) src[r] = source_row(block, tap, row + r) + block.src_offset;
    uint8x16_t source[R];
    int64_t k = 0;
    for (; k + 16 <= block.tap_bytes; k += 16, weights += V * 64) {
#pragma GCC unroll 8
      for (int r = 0; r < R; ++r) source[r] = veorq_u8(vld1q_u8(src[r] + k), flip);
      two_quads<0>(weights, source, low, high);
      two_quads<2>(weights, source, low, high);
    }
    if (k + 8 <= block.tap_bytes) {
#pragma GCC unroll 8
      for (int r = 0; r < R; ++r) source[r] = veorq_u8(vcombine_u8(vld1_u8(src[r] + k), vdup_n_u8(0)), flip);
      two_quads<0>(weights, source, low, high);
      k += 8;
      weights += V * 32;
    }
    if (k < block.tap_bytes) {
#pragma GCC unroll 8
      for (int r = 0; r < R; ++r) {
        uint32_t codes;
        std::memcpy(&codes, src[r] + k, 4);
        source[r] = vreinterpretq_u8_u32(vdupq_n_u32(codes ^ 0x80808080u));
      }
#pragma GCC unroll 4
      for (int v = 0; v < V; ++v) {
        const int8x16_t weight = vld1q_s8(weights + v * 16);
#pragma GCC unroll 8
        for (int r = 0; r < R; ++r) {
          const int8x16_t signed_source = vreinterpretq_s8_u8(source[r]);
          low[r][v] = vpadalq_s16(low[r][v], vmull_s8(vget_low_s8(weight), vget_low_s8(signed_source)));
          high[r][v] = vpadalq_s16(high[r][v], vmull_high_s8(weight, signed_source));
        }
      }
      weights += V * 16;
    }
  }
#pragma GCC unroll 8
  for (int r = 0; r < R; ++r)
#pragma GCC unroll 4
    for (int v = 0; v < V; ++v) acc[r][v] = vaddq_s32(vpaddq_s32(low[r][v], high[r][v]), Simd::load(block.init + 4 * v));
}

}  // namespace

void gemm_u8i8u8__neon_4x8(const GemmI8Block& block) noexcept { return block.vectors == 2 ? multiply<4, 2>(block) : multiply<6, 1>(block); }

}  // namespace galet::kernels
