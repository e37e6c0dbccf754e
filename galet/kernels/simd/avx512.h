// AVX-512 (F BW VL DQ; VNNI where the file is built for it) as the same small vocabulary as simd/avx2.h, which comments it.
#pragma once

#include <immintrin.h>

#include <cstdint>
#include <cstring>

namespace galet::kernels {
namespace {

struct Simd {
  static constexpr int kLanes = 16;
  static constexpr int kBytes = 4 * kLanes;
  using Int = __m512i;
  using Float = __m512;
  using Bytes = __m512i;

  static __mmask16 lanes(int64_t n) { return static_cast<__mmask16>(n >= 16 ? 0xffffu : (1u << n) - 1u); }
  static __mmask64 bytes(int64_t n) { return n >= 64 ? ~0ull : (1ull << n) - 1ull; }

  static Int load(const int32_t* p) { return _mm512_loadu_si512(p); }
  static void store(int32_t* p, Int v) { _mm512_storeu_si512(p, v); }
  static Int set(int32_t v) { return _mm512_set1_epi32(v); }
  static Int add(Int a, Int b) { return _mm512_add_epi32(a, b); }

  static Float load(const float* p) { return _mm512_loadu_ps(p); }
  static Float load(const float* p, int64_t n) { return _mm512_maskz_loadu_ps(lanes(n), p); }
  static void store(float* p, Float v) { _mm512_storeu_ps(p, v); }
  static void store(float* p, Float v, int64_t n) { _mm512_mask_storeu_ps(p, lanes(n), v); }
  static Float set(float v) { return _mm512_set1_ps(v); }
  static Float add(Float a, Float b) { return _mm512_add_ps(a, b); }
  static Float sub(Float a, Float b) { return _mm512_sub_ps(a, b); }
  static Float mul(Float a, Float b) { return _mm512_mul_ps(a, b); }
  static Float div(Float a, Float b) { return _mm512_div_ps(a, b); }
  static Float fma(Float a, Float b, Float c) { return _mm512_fmadd_ps(a, b, c); }
  static Float min(Float a, Float b) {
    return _mm512_maskz_min_ps(0xffff, a, b);
  }  // maskz: GCC 12 warns of its own _mm512_undefined otherwise
  static Float max(Float a, Float b) { return _mm512_maskz_max_ps(0xffff, a, b); }
  static Float zero_nan(Float v) { return _mm512_maskz_mov_ps(_mm512_cmp_ps_mask(v, v, _CMP_ORD_Q), v); }
  static Float to_float(Int v) { return _mm512_maskz_cvtepi32_ps(0xffff, v); }
  static Int round(Float v) { return _mm512_maskz_cvtps_epi32(0xffff, v); }

  static Int load_codes(const uint8_t* p) {
    return _mm512_maskz_cvtepu8_epi32(0xffff, _mm_loadu_si128(reinterpret_cast<const __m128i*>(p)));
  }
  static Int load_codes(const uint8_t* p, int64_t n) { return _mm512_maskz_cvtepu8_epi32(0xffff, _mm_maskz_loadu_epi8(lanes(n), p)); }
  static void store_codes(uint8_t* p, Int v) { _mm_storeu_si128(reinterpret_cast<__m128i*>(p), _mm512_maskz_cvtepi32_epi8(0xffff, v)); }
  static void store_codes(uint8_t* p, Int v, int64_t n) { _mm_mask_storeu_epi8(p, lanes(n), _mm512_maskz_cvtepi32_epi8(0xffff, v)); }

  static Bytes load_bytes(const uint8_t* p) { return _mm512_loadu_si512(p); }
  static Bytes load_bytes(const uint8_t* p, int64_t n) { return _mm512_maskz_loadu_epi8(bytes(n), p); }
  static void store_bytes(uint8_t* p, Bytes v) { _mm512_storeu_si512(p, v); }
  static void store_bytes(uint8_t* p, Bytes v, int64_t n) { _mm512_mask_storeu_epi8(p, bytes(n), v); }
  static Bytes max_bytes(Bytes a, Bytes b) { return _mm512_max_epu8(a, b); }
  static Bytes zero_bytes() { return _mm512_setzero_si512(); }

  static Bytes pack(Int a, Int b, Int c, Int d) { return _mm512_packus_epi16(_mm512_packs_epi32(a, b), _mm512_packs_epi32(c, d)); }
  static Bytes pack_in_order(Int a, Int b, Int c, Int d) {
    const __m512i order = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
    return _mm512_maskz_permutexvar_epi32(0xffff, order, pack(a, b, c, d));
  }
  static void interleave(Bytes t0, Bytes t1, Bytes t2, Bytes t3, Int quads[4]) {
    const __m512i a = _mm512_unpacklo_epi8(t0, t1), b = _mm512_unpackhi_epi8(t0, t1);
    const __m512i c = _mm512_unpacklo_epi8(t2, t3), d = _mm512_unpackhi_epi8(t2, t3);
    quads[0] = _mm512_unpacklo_epi16(a, c);
    quads[1] = _mm512_unpackhi_epi16(a, c);
    quads[2] = _mm512_unpacklo_epi16(b, d);
    quads[3] = _mm512_unpackhi_epi16(b, d);
  }

#if defined(__AVX512VNNI__)
  using Quads = __m512i;
  static Quads source(Int quads) { return quads; }
  static Quads weights(const int8_t* p) { return _mm512_loadu_si512(p); }
  static Int dot(Int acc, Quads source, Quads weight) { return _mm512_dpbusd_epi32(acc, source, weight); }
#else
  struct Quads {
    __m512i even, odd;
  };
  static Quads source(Int quads) { return {_mm512_and_si512(quads, _mm512_set1_epi16(255)), _mm512_srli_epi16(quads, 8)}; }
  static Quads weights(const int8_t* p) {
    const __m512i v = _mm512_loadu_si512(p);
    return {_mm512_srai_epi16(_mm512_slli_epi16(v, 8), 8), _mm512_srai_epi16(v, 8)};
  }
  static Int dot(Int acc, const Quads& source, const Quads& weight) {
    return _mm512_add_epi32(_mm512_add_epi32(acc, _mm512_madd_epi16(source.even, weight.even)), _mm512_madd_epi16(source.odd, weight.odd));
  }
#endif
  static Quads source(const uint8_t* p) {
    int32_t quad;
    std::memcpy(&quad, p, 4);
    return source(_mm512_set1_epi32(quad));
  }

  static void load_table(const uint8_t* table, Bytes parts[16]) {
    for (int i = 0; i < 16; ++i)
      parts[i] = _mm512_maskz_broadcast_i32x4(0xffff, _mm_loadu_si128(reinterpret_cast<const __m128i*>(table + 16 * i)));
  }
  static Bytes lookup(const Bytes parts[16], Bytes v) {
    Bytes result = _mm512_setzero_si512();
    const __m512i bias = _mm512_set1_epi8(0x70);
    for (int i = 0; i < 16; ++i) {
      const __m512i index = _mm512_adds_epu8(_mm512_xor_si512(v, _mm512_set1_epi8(static_cast<char>(i * 16))), bias);
      result = _mm512_or_si512(result, _mm512_shuffle_epi8(parts[i], index));
    }
    return result;
  }
};

}  // namespace
}  // namespace galet::kernels
