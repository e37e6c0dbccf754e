// NEON (128 bit; AArch64 has it always) as the same small vocabulary as simd/avx2.h, which comments it. With the dot-product extension a
// lane's four products are one instruction.
#pragma once

#include <arm_neon.h>

#include <cstdint>
#include <cstring>

namespace galet::kernels {
namespace {

struct Simd {
  static constexpr int kLanes = 4;
  static constexpr int kBytes = 4 * kLanes;
  using Int = int32x4_t;
  using Float = float32x4_t;
  using Bytes = uint8x16_t;

  static Int load(const int32_t* p) { return vld1q_s32(p); }
  static void store(int32_t* p, Int v) { vst1q_s32(p, v); }
  static Int set(int32_t v) { return vdupq_n_s32(v); }
  static Int add(Int a, Int b) { return vaddq_s32(a, b); }

  static Float load(const float* p) { return vld1q_f32(p); }
  static Float load(const float* p, int64_t n) {
    if (n >= kLanes) return load(p);
    float part[kLanes] = {};
    std::memcpy(part, p, static_cast<size_t>(n) * 4);
    return load(part);
  }
  static void store(float* p, Float v) { vst1q_f32(p, v); }
  static void store(float* p, Float v, int64_t n) {
    if (n >= kLanes) return store(p, v);
    float part[kLanes];
    store(part, v);
    std::memcpy(p, part, static_cast<size_t>(n) * 4);
  }
  static Float set(float v) { return vdupq_n_f32(v); }
  static Float add(Float a, Float b) { return vaddq_f32(a, b); }
  static Float sub(Float a, Float b) { return vsubq_f32(a, b); }
  static Float mul(Float a, Float b) { return vmulq_f32(a, b); }
  static Float div(Float a, Float b) { return vdivq_f32(a, b); }
  static Float fma(Float a, Float b, Float c) { return vfmaq_f32(c, a, b); }
  // The other operand where one is a quiet NaN.
  static Float min(Float a, Float b) { return vminnmq_f32(a, b); }
  static Float max(Float a, Float b) { return vmaxnmq_f32(a, b); }
  static Float zero_nan(Float v) { return vreinterpretq_f32_u32(vandq_u32(vreinterpretq_u32_f32(v), vceqq_f32(v, v))); }
  static Float to_float(Int v) { return vcvtq_f32_s32(v); }
  static Float round_float(Float v) { return vrndnq_f32(v); }
  static Int round(Float v) { return vcvtnq_s32_f32(v); }  // half to even

  static Int load_codes(const uint8_t* p) {
    uint32_t codes;
    std::memcpy(&codes, p, 4);
    const uint16x8_t words = vmovl_u8(vcreate_u8(codes));
    return vreinterpretq_s32_u32(vmovl_u16(vget_low_u16(words)));
  }
  static Int load_codes(const uint8_t* p, int64_t n) {
    if (n >= kLanes) return load_codes(p);
    uint8_t part[kLanes] = {};
    std::memcpy(part, p, static_cast<size_t>(n));
    return load_codes(part);
  }
  static void store_codes(uint8_t* p, Int v) {
    const uint16x4_t words = vmovn_u32(vreinterpretq_u32_s32(v));
    const uint32_t codes = vget_lane_u32(vreinterpret_u32_u8(vmovn_u16(vcombine_u16(words, words))), 0);
    std::memcpy(p, &codes, 4);
  }
  static void store_codes(uint8_t* p, Int v, int64_t n) {
    if (n >= kLanes) return store_codes(p, v);
    uint8_t part[kLanes];
    store_codes(part, v);
    std::memcpy(p, part, static_cast<size_t>(n));
  }

  static Bytes load_bytes(const uint8_t* p) { return vld1q_u8(p); }
  static Bytes load_bytes(const uint8_t* p, int64_t n) {
    if (n >= kBytes) return load_bytes(p);
    if (n == 8) return vcombine_u8(vld1_u8(p), vdup_n_u8(0));
    uint8_t part[kBytes] = {};
    std::memcpy(part, p, static_cast<size_t>(n));
    return load_bytes(part);
  }
  static void store_bytes(uint8_t* p, Bytes v) { vst1q_u8(p, v); }
  static void store_bytes(uint8_t* p, Bytes v, int64_t n) {
    if (n >= kBytes) return store_bytes(p, v);
    if (n == 8) return vst1_u8(p, vget_low_u8(v));
    uint8_t part[kBytes];
    store_bytes(part, v);
    std::memcpy(p, part, static_cast<size_t>(n));
  }
  /// The first n bytes of a half or a quarter of v.
  static void store_half(uint8_t* p, Bytes v, int half, int64_t n) { store_bytes(p, half == 0 ? v : vextq_u8(v, v, 8), n < 8 ? n : 8); }
  static void store_quarter(uint8_t* p, Bytes v, int quarter, int64_t n) {
    uint8_t part[kBytes];
    store_bytes(part, v);
    std::memcpy(p, part + 4 * quarter, static_cast<size_t>(n < 4 ? n : 4));
  }
  static Bytes min_bytes(Bytes a, Bytes b) { return vminq_u8(a, b); }
  static Bytes max_bytes(Bytes a, Bytes b) { return vmaxq_u8(a, b); }
  static Bytes set_bytes(int32_t v) { return vdupq_n_u8(static_cast<uint8_t>(v)); }
  static Bytes zero_bytes() { return vdupq_n_u8(0); }

  /// There is one 128-bit lane, so every order is the plain one.
  static Bytes pack(Int a, Int b, Int c, Int d) {
    const uint16x8_t low = vuzp1q_u16(vreinterpretq_u16_s32(a), vreinterpretq_u16_s32(b));
    const uint16x8_t high = vuzp1q_u16(vreinterpretq_u16_s32(c), vreinterpretq_u16_s32(d));
    return vuzp1q_u8(vreinterpretq_u8_u16(low), vreinterpretq_u8_u16(high));
  }
  static Bytes in_order(Bytes packed) { return packed; }
  using Words = int16x8_t;
  static Words set_words(int32_t v) { return vdupq_n_s16(static_cast<int16_t>(v)); }
  /// clamp(lane + offset, 0, 255), for any lanes and an offset of 0..255.
  static Bytes pack(Int a, Int b, Int c, Int d, Words offset) {
    const int16x8_t low = vqaddq_s16(vqmovn_high_s32(vqmovn_s32(a), b), offset);
    const int16x8_t high = vqaddq_s16(vqmovn_high_s32(vqmovn_s32(c), d), offset);
    return vqmovun_high_s16(vqmovun_s16(low), high);
  }
  /// Bytes of four taps to one quad a channel, channels in order.
  static void interleave(Bytes t0, Bytes t1, Bytes t2, Bytes t3, Int quads[4]) {
    const uint16x8_t a = vreinterpretq_u16_u8(vzip1q_u8(t0, t1)), b = vreinterpretq_u16_u8(vzip2q_u8(t0, t1));
    const uint16x8_t c = vreinterpretq_u16_u8(vzip1q_u8(t2, t3)), d = vreinterpretq_u16_u8(vzip2q_u8(t2, t3));
    quads[0] = vreinterpretq_s32_u16(vzip1q_u16(a, c));
    quads[1] = vreinterpretq_s32_u16(vzip2q_u16(a, c));
    quads[2] = vreinterpretq_s32_u16(vzip1q_u16(b, d));
    quads[3] = vreinterpretq_s32_u16(vzip2q_u16(b, d));
  }
  static Bytes pixels(Int c0, Int c1, Int c2) {
    const Int words = vorrq_s32(vorrq_s32(c0, vshlq_n_s32(c1, 8)), vshlq_n_s32(c2, 16));
    static constexpr uint8_t kBytesOfPixels[16] = {0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, 255, 255, 255, 255};
    return vqtbl1q_u8(vreinterpretq_u8_s32(words), vld1q_u8(kBytesOfPixels));
  }
  static void interleave_in_order(Bytes t0, Bytes t1, Bytes t2, Bytes t3, Int quads[4]) { interleave(t0, t1, t2, t3, quads); }

  // dot: acc + sum of the four products of each lane; exact.
#if defined(__ARM_FEATURE_MATMUL_INT8)
  using Quads = int32x4_t;
  static Quads source(Int quads) { return quads; }
  static Quads weights(const int8_t* p) { return vreinterpretq_s32_s8(vld1q_s8(p)); }
  static Int dot(Int acc, Quads source, Quads weight) {
    return vusdotq_s32(acc, vreinterpretq_u8_s32(source), vreinterpretq_s8_s32(weight));
  }
#else
  // Signed products: sources have been shifted by 128.
  using Quads = int8x16_t;
  static Quads source(Int quads) { return vreinterpretq_s8_s32(quads); }
  static Quads weights(const int8_t* p) { return vld1q_s8(p); }
#if defined(__ARM_FEATURE_DOTPROD)
  static Int dot(Int acc, Quads source, Quads weight) { return vdotq_s32(acc, source, weight); }
#else
  static Int dot(Int acc, Quads source, Quads weight) {
    const Int low = vpaddlq_s16(vmull_s8(vget_low_s8(source), vget_low_s8(weight)));
    return vaddq_s32(acc, vpaddq_s32(low, vpaddlq_s16(vmull_high_s8(source, weight))));
  }
#endif
#endif

  /// table[v]: four lookups of 64 bytes; each leaves what it does not cover.
  using Table = Bytes[16];
  static void load_table(const uint8_t* table, Bytes parts[16]) {
    for (int i = 0; i < 16; ++i) parts[i] = vld1q_u8(table + 16 * i);
  }
  static Bytes lookup(const Bytes parts[16], Bytes v) {
    Bytes result = vqtbl4q_u8(uint8x16x4_t{{parts[0], parts[1], parts[2], parts[3]}}, v);
#pragma GCC unroll 3
    for (int i = 4; i < 16; i += 4) {
      const uint8x16x4_t part{{parts[i], parts[i + 1], parts[i + 2], parts[i + 3]}};
      result = vqtbx4q_u8(result, part, vsubq_u8(v, vdupq_n_u8(static_cast<uint8_t>(16 * i))));
    }
    return result;
  }
};

}  // namespace
}  // namespace galet::kernels
