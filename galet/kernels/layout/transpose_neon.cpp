// Transposes in squares that fit registers: 8x8 bytes, 4x4 floats; the edges one by one. Three rows (the channels of an image) are
// interleaved by one store.
#include "galet/kernels/simd/neon.h"
// The generic code below is written in terms of Simd.
#include "galet/kernels/layout/transpose_simd.h"
#include "galet/kernels/layout/transpose_squares.h"

namespace galet::kernels {
namespace {

/// dst[c * dst_stride + r] = src[r * src_stride + c] for 8x8.
inline void transpose_8x8(const uint8_t* src, int64_t src_stride, uint8_t* dst, int64_t dst_stride) {
  uint8x16_t pairs[4];  // rows r and r + 4, interleaved
#pragma GCC unroll 4
  for (int r = 0; r < 4; ++r) {
    const uint8x8_t a = vld1_u8(src + r * src_stride), b = vld1_u8(src + (r + 4) * src_stride);
    pairs[r] = vcombine_u8(vzip1_u8(a, b), vzip2_u8(a, b));
  }
  const uint8x16_t even[2] = {vzip1q_u8(pairs[0], pairs[2]), vzip2q_u8(pairs[0], pairs[2])};
  const uint8x16_t odd[2] = {vzip1q_u8(pairs[1], pairs[3]), vzip2q_u8(pairs[1], pairs[3])};
#pragma GCC unroll 2
  for (int i = 0; i < 2; ++i) {
    const uint8x16_t low = vzip1q_u8(even[i], odd[i]), high = vzip2q_u8(even[i], odd[i]);  // two columns each
    uint8_t* out = dst + 4 * i * dst_stride;
    vst1_u8(out, vget_low_u8(low));
    vst1_u8(out + dst_stride, vget_high_u8(low));
    vst1_u8(out + 2 * dst_stride, vget_low_u8(high));
    vst1_u8(out + 3 * dst_stride, vget_high_u8(high));
  }
}

inline void transpose_4x4(const float* src, int64_t src_stride, float* dst, int64_t dst_stride) {
  const float32x4_t a = vld1q_f32(src), b = vld1q_f32(src + src_stride), c = vld1q_f32(src + 2 * src_stride),
                    d = vld1q_f32(src + 3 * src_stride);
  const float32x4_t ac0 = vzip1q_f32(a, c), ac1 = vzip2q_f32(a, c), bd0 = vzip1q_f32(b, d), bd1 = vzip2q_f32(b, d);
  vst1q_f32(dst, vzip1q_f32(ac0, bd0));
  vst1q_f32(dst + dst_stride, vzip2q_f32(ac0, bd0));
  vst1q_f32(dst + 2 * dst_stride, vzip1q_f32(ac1, bd1));
  vst1q_f32(dst + 3 * dst_stride, vzip2q_f32(ac1, bd1));
}

inline void transpose_bytes(const uint8_t* src, int64_t src_stride, uint8_t* dst, int64_t dst_stride, int64_t rows, int64_t n) {
  int64_t c = 0;
  if (rows == 3 && dst_stride == 3)
    for (; c + 16 <= n; c += 16)
      vst3q_u8(dst + 3 * c, (uint8x16x3_t{{vld1q_u8(src + c), vld1q_u8(src + src_stride + c), vld1q_u8(src + 2 * src_stride + c)}}));
  transpose_span<8>(src + c, src_stride, dst + c * dst_stride, dst_stride, rows, n - c, transpose_8x8);
}

/// quantize_transpose with the interleaving above.
inline void quantize_tiles(const QuantizeTransposeArgs& args, int64_t begin, int64_t end) {
  const Simd::Float divisor = Simd::set(args.scale);
  const Simd::Float lo = Simd::set(static_cast<float>(-args.zero_point)), hi = Simd::set(static_cast<float>(255 - args.zero_point));
  const int16x8_t zero_point = Simd::set_words(args.zero_point);
  for_column_tiles(args.cols, begin, end, [&](int64_t image, int64_t c0, int64_t n) {
    uint8_t codes[16 * kTile];
    for (int64_t r0 = 0; r0 < args.rows; r0 += 16) {
      const int64_t count = args.rows - r0 < 16 ? args.rows - r0 : 16;
      for (int64_t r = 0; r < count; ++r) {
        const float* src = args.src + (image * args.rows + r0 + r) * args.cols + c0;
        const auto lanes = [&](int64_t c) {
          const Simd::Float x = Simd::zero_nan(Simd::div(c < n ? Simd::load(src + c, n - c) : lo, divisor));
          return Simd::round(Simd::min(Simd::max(x, lo), hi));
        };
        for (int64_t c = 0; c < n; c += 16)
          Simd::store_bytes(codes + r * kTile + c, Simd::pack(lanes(c), lanes(c + 4), lanes(c + 8), lanes(c + 12), zero_point));
      }
      transpose_bytes(codes, kTile, args.dst + (image * args.cols + c0) * args.rows + r0, args.rows, count, n);
    }
  });
}

}  // namespace

void transpose_u8u8__neon_8x8(const TransposeU8Args& args, int64_t begin, int64_t end) noexcept {
  for_column_tiles(args.cols, begin, end, [&](int64_t image, int64_t c0, int64_t n) {
    const int64_t first = image * args.rows * args.cols;
    transpose_bytes(args.src + first + c0, args.cols, args.dst + first + c0 * args.rows, args.rows, args.rows, n);
  });
}

void transpose_f32f32__neon_4x4(const TransposeF32Args& args, int64_t begin, int64_t end) noexcept {
  for_column_tiles(args.cols, begin, end, [&](int64_t image, int64_t c0, int64_t n) {
    const int64_t first = image * args.rows * args.cols;
    transpose_span<4>(args.src + first + c0, args.cols, args.dst + first + c0 * args.rows, args.rows, args.rows, n, transpose_4x4);
  });
}

void quantize_transpose_f32u8__neon_4(const QuantizeTransposeArgs& args, int64_t begin, int64_t end) noexcept {
  quantize_tiles(args, begin, end);
}

}  // namespace galet::kernels
