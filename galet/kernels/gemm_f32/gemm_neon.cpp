// The float product with four steps of K a load: the multiply-add picks a lane of four source elements. K stays in order, so the bits are
// those of one step at a time.
#include "galet/kernels/simd/neon.h"
// The generic code below is written in terms of Simd.
#include "galet/kernels/gemm_f32/gemm_tile.h"

namespace galet::kernels {
namespace {

template <int Lane, int R, int V>
GALET_INLINE void step(const float* weights, const Float (&source)[R], Float (&acc)[R][V]) {
#pragma GCC unroll 4
  for (int v = 0; v < V; ++v) {
    const Float weight = vld1q_f32(weights + (Lane * V + v) * 4);
#pragma GCC unroll 8
    for (int r = 0; r < R; ++r) acc[r][v] = vfmaq_laneq_f32(acc[r][v], weight, source[r], Lane);
  }
}

template <int R, int V>
GALET_INLINE void accumulate(const GemmF32Block& block, int64_t row, Float (&acc)[R][V]) {
  const float* weights = block.weights;
  const uint8_t* const* rows = block.rows + row;
  for (int64_t tap = 0; tap < block.taps; ++tap, rows += block.row_stride) {
    const float* src[R];
    Float source[R];
#pragma GCC unroll 8
    for (int r = 0; r < R; ++r) src[r] = reinterpret_cast<const float*>(rows[r] + block.src_offset);
    int64_t k = 0;
    for (; k + 4 <= block.tap_elements; k += 4, weights += V * 16) {
#pragma GCC unroll 8
      for (int r = 0; r < R; ++r) source[r] = vld1q_f32(src[r] + k);
      step<0>(weights, source, acc);
      step<1>(weights, source, acc);
      step<2>(weights, source, acc);
      step<3>(weights, source, acc);
    }
    for (; k < block.tap_elements; ++k, weights += V * 4) {
#pragma GCC unroll 8
      for (int r = 0; r < R; ++r) source[r] = vdupq_n_f32(src[r][k]);
      step<0>(weights, source, acc);
    }
  }
}

}  // namespace

void gemm_f32f32f32__neon_5x16(const GemmF32Block& block) noexcept {
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
