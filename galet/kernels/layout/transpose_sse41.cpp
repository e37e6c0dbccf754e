#include "galet/kernels/simd/sse41.h"
// The generic code below is written in terms of Simd.
#include "galet/kernels/layout/transpose_simd.h"
#include "galet/kernels/layout/transpose_squares.h"

namespace galet::kernels {
namespace {

/// dst[c * dst_stride + r] = src[r * src_stride + c] for 16x16.
inline void transpose_16x16(const uint8_t* src, int64_t src_stride, uint8_t* dst, int64_t dst_stride) {
  __m128i v[16];
#pragma GCC unroll 16
  for (int r = 0; r < 16; ++r) v[r] = _mm_loadu_si128(reinterpret_cast<const __m128i*>(src + r * src_stride));
    // Four times the perfect shuffle of rows r and r + 8: afterwards vector c is column c.
#pragma GCC unroll 4
  for (int round = 0; round < 4; ++round) {
    __m128i w[16];
#pragma GCC unroll 8
    for (int r = 0; r < 8; ++r) {
      w[2 * r] = _mm_unpacklo_epi8(v[r], v[r + 8]);
      w[2 * r + 1] = _mm_unpackhi_epi8(v[r], v[r + 8]);
    }
#pragma GCC unroll 16
    for (int r = 0; r < 16; ++r) v[r] = w[r];
  }
#pragma GCC unroll 16
  for (int c = 0; c < 16; ++c) _mm_storeu_si128(reinterpret_cast<__m128i*>(dst + c * dst_stride), v[c]);
}

inline void transpose_4x4(const float* src, int64_t src_stride, float* dst, int64_t dst_stride) {
  __m128 a = _mm_loadu_ps(src), b = _mm_loadu_ps(src + src_stride), c = _mm_loadu_ps(src + 2 * src_stride),
         d = _mm_loadu_ps(src + 3 * src_stride);
  _MM_TRANSPOSE4_PS(a, b, c, d);
  _mm_storeu_ps(dst, a);
  _mm_storeu_ps(dst + dst_stride, b);
  _mm_storeu_ps(dst + 2 * dst_stride, c);
  _mm_storeu_ps(dst + 3 * dst_stride, d);
}

}  // namespace

void transpose_u8u8__sse41_16x16(const TransposeU8Args& args, int64_t begin, int64_t end) noexcept {
  transpose_matrices<16>(args, begin, end, transpose_16x16);
}
void transpose_f32f32__sse41_4x4(const TransposeF32Args& args, int64_t begin, int64_t end) noexcept {
  transpose_matrices<4>(args, begin, end, transpose_4x4);
}

void quantize_transpose_f32u8__sse41_4(const QuantizeTransposeArgs& args, int64_t begin, int64_t end) noexcept {
  quantize_transpose(args, begin, end);
}

}  // namespace galet::kernels
