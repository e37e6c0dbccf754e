// The part of the probes' vocabulary that the 256-bit files share.
#pragma once

#include <immintrin.h>

#include <cstdint>

namespace galet::kernels {
namespace {

struct Probe256 {
  static constexpr int kLanes = 8;
  using Int = __m256i;
  using Float = __m256;
  static Int zero_int() { return _mm256_setzero_si256(); }
  static Float zero_float() { return _mm256_setzero_ps(); }
  static void keep(Int& v) { __asm__ volatile("" : "+x"(v)); }
  static void keep(Float& v) { __asm__ volatile("" : "+x"(v)); }
  static Float fma(Float sum, Float& a, Float b) { return _mm256_fmadd_ps(a, b, sum); }
  static Int load(const uint8_t* p) { return _mm256_load_si256(reinterpret_cast<const __m256i*>(p)); }
  static Int combine(Int a, Int b) { return _mm256_or_si256(a, b); }
};

}  // namespace
}  // namespace galet::kernels
