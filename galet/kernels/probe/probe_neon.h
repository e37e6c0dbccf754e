// The part of the probes' vocabulary that the NEON files share.
#pragma once

#include <arm_neon.h>

#include <cstdint>

namespace galet::kernels {
namespace {

struct ProbeNeon {
  static constexpr int kLanes = 4;
  using Int = int32x4_t;
  using Float = float32x4_t;
  static Int zero_int() { return vdupq_n_s32(0); }
  static Float zero_float() { return vdupq_n_f32(0); }
  static void keep(Int& v) { __asm__ volatile("" : "+w"(v)); }
  static void keep(Float& v) { __asm__ volatile("" : "+w"(v)); }
  static Float fma(Float sum, Float& a, Float b) { return vfmaq_f32(sum, a, b); }
  static Int load(const uint8_t* p) { return vreinterpretq_s32_u8(vld1q_u8(p)); }
  static Int combine(Int a, Int b) { return vorrq_s32(a, b); }
};

}  // namespace
}  // namespace galet::kernels
