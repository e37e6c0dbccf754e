// The part of the probes' vocabulary that both AVX-512 files share.
#pragma once

#include <immintrin.h>

#include <cstdint>

namespace galet::kernels {
namespace {

struct Probe512 {
  static constexpr int kLanes = 16;
  using Int = __m512i;
  using Float = __m512;
  static Int zero_int() { return _mm512_setzero_si512(); }
  static Float zero_float() { return _mm512_setzero_ps(); }
  static void keep(Int& v) { __asm__ volatile("" : "+v"(v)); }
  static void keep(Float& v) { __asm__ volatile("" : "+v"(v)); }
  static Float fma(Float sum, Float& a, Float b) { return _mm512_fmadd_ps(a, b, sum); }
  static Int load(const uint8_t* p) { return _mm512_load_si512(p); }
  static Int combine(Int a, Int b) { return _mm512_or_si512(a, b); }
};

}  // namespace
}  // namespace galet::kernels
