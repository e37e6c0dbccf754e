#include "galet/kernels/simd/neon.h"
// The generic code below is written in terms of Simd.
#include "galet/kernels/depthwise_i8/depthwise_neon.h"

namespace galet::kernels {

void depthwise_u8i8u8__neon_2x16(const DepthwiseI8& args) noexcept { depthwise_codes_or_general(args); }

void interleave_u8u8__neon_16(const InterleaveI8& args) noexcept {
  const Bytes flip = vdupq_n_u8(args.flip);
  for (int64_t block = 0; block < args.blocks; ++block) {
    const int64_t at = block * args.src_step;
    uint8_t* dst = args.dst + block * args.dst_step;
    for (int64_t p = 0; p < args.n; p += 16, dst += 64) {
      Bytes taps[4];
      Int quads[4];
#pragma GCC unroll 4
      for (int i = 0; i < 4; ++i) taps[i] = veorq_u8(Simd::load_bytes(args.src[i] + at + p, args.n - p), flip);
      Simd::interleave(taps[0], taps[1], taps[2], taps[3], quads);
#pragma GCC unroll 4
      for (int j = 0; j < 4; ++j) vst1q_u8(dst + 16 * j, vreinterpretq_u8_s32(quads[j]));
    }
  }
}

}  // namespace galet::kernels
