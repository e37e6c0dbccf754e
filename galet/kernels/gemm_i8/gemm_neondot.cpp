// sdot takes signed bytes on both sides: sources are shifted by 128 (their top bit flipped), which packing makes up for in the offsets.
// Sixteen bytes of a row serve four steps: the dot product picks a lane of them.
#include "galet/kernels/simd/neon.h"
// The generic code below is written in terms of Simd.
#include "galet/kernels/gemm_i8/gemm_tile.h"

namespace galet::kernels {
namespace {

template <int Lane, int R, int V>
GALET_INLINE void quad(const int8_t* weights, const int8x16_t (&src)[R], Int (&acc)[R][V]) {
#pragma GCC unroll 4
  for (int v = 0; v < V; ++v) {
    const int8x16_t weight = vld1q_s8(weights + (Lane * V + v) * 16);
#pragma GCC unroll 8
    for (int r = 0; r < R; ++r) acc[r][v] = vdotq_laneq_s32(acc[r][v], weight, src[r], Lane);
  }
}

template <int R, int V>
GALET_INLINE void accumulate(const GemmI8Block& block, int64_t row, Int (&acc)[R][V]) {
#pragma GCC unroll 8
  for (int r = 0; r < R; ++r)
#pragma GCC unroll 4
    for (int v = 0; v < V; ++v) acc[r][v] = Simd::load(block.init + 4 * v);
  const int8_t* weights = block.weights;
  const uint8x16_t flip = vdupq_n_u8(0x80);
  for (int64_t tap = 0; tap < block.taps; ++tap) {
    const uint8_t* src[R];
#pragma GCC unroll 8
    for (int r = 0; r < R; ++r) src[r] = source_row(block, tap, row + r) + block.src_offset;
    int64_t k = 0;
    for (; k + 16 <= block.tap_bytes; k += 16, weights += V * 64) {
      int8x16_t source[R];
#pragma GCC unroll 8
      for (int r = 0; r < R; ++r) source[r] = vreinterpretq_s8_u8(veorq_u8(vld1q_u8(src[r] + k), flip));
      quad<0>(weights, source, acc);
      quad<1>(weights, source, acc);
      quad<2>(weights, source, acc);
      quad<3>(weights, source, acc);
    }
    for (; k < block.tap_bytes; k += 4, weights += V * 16) {
      int8x16_t source[R];
#pragma GCC unroll 8
      for (int r = 0; r < R; ++r) {
        uint32_t codes;
        std::memcpy(&codes, src[r] + k, 4);
        source[r] = vreinterpretq_s8_u8(veorq_u8(vreinterpretq_u8_u32(vdupq_n_u32(codes)), flip));
      }
      quad<0>(weights, source, acc);
    }
  }
}

}  // namespace

void gemm_u8i8u8__neondot_5x16(const GemmI8Block& block) noexcept {
  switch (block.vectors) {
    case 4:
      return multiply<5, 4>(block);
    case 3:
      return multiply<6, 3>(block);
    case 2:
      return multiply<8, 2>(block);
    default:
      return multiply<8, 1>(block);
  }
}

}  // namespace galet::kernels
