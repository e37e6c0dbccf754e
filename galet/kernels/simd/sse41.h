// SSE4.1 as the same small vocabulary as simd/avx2.h, which comments it. The multiply-add is exact all the same: see fma.
#pragma once

#include <smmintrin.h>

#include <cstdint>
#include <cstring>

namespace galet::kernels {
namespace {

struct Simd {
  static constexpr int kLanes = 4;
  static constexpr int kBytes = 4 * kLanes;
  using Int = __m128i;
  using Float = __m128;
  using Bytes = __m128i;
  struct Quads {
    __m128i even, odd;
  };

  static Int load(const int32_t* p) { return _mm_loadu_si128(reinterpret_cast<const __m128i*>(p)); }
  static void store(int32_t* p, Int v) { _mm_storeu_si128(reinterpret_cast<__m128i*>(p), v); }
  static Int set(int32_t v) { return _mm_set1_epi32(v); }
  static Int add(Int a, Int b) { return _mm_add_epi32(a, b); }

  static Float load(const float* p) { return _mm_loadu_ps(p); }
  static Float load(const float* p, int64_t n) {
    if (n >= kLanes) return load(p);
    float part[kLanes] = {};
    std::memcpy(part, p, static_cast<size_t>(n) * 4);
    return load(part);
  }
  static void store(float* p, Float v) { _mm_storeu_ps(p, v); }
  static void store(float* p, Float v, int64_t n) {
    if (n >= kLanes) return store(p, v);
    float part[kLanes];
    store(part, v);
    std::memcpy(p, part, static_cast<size_t>(n) * 4);
  }
  static Float set(float v) { return _mm_set1_ps(v); }
  static Float add(Float a, Float b) { return _mm_add_ps(a, b); }
  static Float sub(Float a, Float b) { return _mm_sub_ps(a, b); }
  static Float mul(Float a, Float b) { return _mm_mul_ps(a, b); }
  static Float div(Float a, Float b) { return _mm_div_ps(a, b); }
  /// a * b is exact in double; the sum is rounded to odd there, so that rounding it to float is the only rounding that counts
  /// (Boldo and Melquiond, "Emulation of FMA and correctly rounded sums: proved algorithms using rounding to odd", 2008).
  static Float fma(Float a, Float b, Float c) {
    const __m128d low = odd_sum(_mm_mul_pd(_mm_cvtps_pd(a), _mm_cvtps_pd(b)), _mm_cvtps_pd(c));
    const __m128d high = odd_sum(_mm_mul_pd(_mm_cvtps_pd(upper(a)), _mm_cvtps_pd(upper(b))), _mm_cvtps_pd(upper(c)));
    return _mm_movelh_ps(_mm_cvtpd_ps(low), _mm_cvtpd_ps(high));
  }
  static Float upper(Float v) { return _mm_movehl_ps(v, v); }
  /// x + y, of the two doubles around an inexact sum the one with an odd last bit.
  static __m128d odd_sum(__m128d x, __m128d y) {
    const __m128d sum = _mm_add_pd(x, y), part = _mm_sub_pd(sum, x);
    const __m128d error = _mm_add_pd(_mm_sub_pd(x, _mm_sub_pd(sum, part)), _mm_sub_pd(y, part)), zero = _mm_setzero_pd();
    const __m128i inexact = _mm_castpd_si128(_mm_cmpneq_pd(error, zero));
    const __m128i away = _mm_castpd_si128(_mm_xor_pd(_mm_cmplt_pd(sum, zero), _mm_cmplt_pd(error, zero)));  // from zero: one step back
    const __m128i toward_zero = _mm_add_epi64(_mm_castpd_si128(sum), _mm_and_si128(away, inexact));
    return _mm_castsi128_pd(_mm_or_si128(toward_zero, _mm_srli_epi64(inexact, 63)));
  }
  static Float min(Float a, Float b) { return _mm_min_ps(a, b); }
  static Float max(Float a, Float b) { return _mm_max_ps(a, b); }
  static Float zero_nan(Float v) { return _mm_and_ps(v, _mm_cmpord_ps(v, v)); }
  static Float to_float(Int v) { return _mm_cvtepi32_ps(v); }
  static Float round_float(Float v) { return _mm_round_ps(v, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC); }
  static Int round(Float v) { return _mm_cvtps_epi32(v); }

  static Int load_codes(const uint8_t* p) {
    int32_t part;
    std::memcpy(&part, p, 4);
    return _mm_cvtepu8_epi32(_mm_cvtsi32_si128(part));
  }
  static Int load_codes(const uint8_t* p, int64_t n) {
    if (n >= kLanes) return load_codes(p);
    uint8_t part[kLanes] = {};
    std::memcpy(part, p, static_cast<size_t>(n));
    return load_codes(part);
  }
  static void store_codes(uint8_t* p, Int v) { store_codes(p, v, kLanes); }
  static void store_codes(uint8_t* p, Int v, int64_t n) {
    const __m128i words = _mm_packs_epi32(v, v);
    const int32_t part = _mm_cvtsi128_si32(_mm_packus_epi16(words, words));
    if (n >= kLanes)
      std::memcpy(p, &part, 4);
    else
      std::memcpy(p, &part, static_cast<size_t>(n));
  }

  static Bytes load_bytes(const uint8_t* p) { return _mm_loadu_si128(reinterpret_cast<const __m128i*>(p)); }
  static Bytes load_bytes(const uint8_t* p, int64_t n) {
    if (n >= kBytes) return load_bytes(p);
    uint8_t part[kBytes] = {};
    std::memcpy(part, p, static_cast<size_t>(n));
    return load_bytes(part);
  }
  static void store_bytes(uint8_t* p, Bytes v) { _mm_storeu_si128(reinterpret_cast<__m128i*>(p), v); }
  static void store_bytes(uint8_t* p, Bytes v, int64_t n) {
    if (n >= kBytes) return store_bytes(p, v);
    uint8_t part[kBytes];
    store_bytes(part, v);
    std::memcpy(p, part, static_cast<size_t>(n));
  }
  static Bytes min_bytes(Bytes a, Bytes b) { return _mm_min_epu8(a, b); }
  static Bytes max_bytes(Bytes a, Bytes b) { return _mm_max_epu8(a, b); }
  static Bytes set_bytes(int32_t v) { return _mm_set1_epi8(static_cast<char>(v)); }
  static Bytes zero_bytes() { return _mm_setzero_si128(); }

  static Bytes pack(Int a, Int b, Int c, Int d) { return _mm_packus_epi16(_mm_packs_epi32(a, b), _mm_packs_epi32(c, d)); }
  using Words = __m128i;
  static Words set_words(int32_t v) { return _mm_set1_epi16(static_cast<int16_t>(v)); }
  static Bytes pack(Int a, Int b, Int c, Int d, Words offset) {
    return _mm_packus_epi16(_mm_adds_epi16(_mm_packs_epi32(a, b), offset), _mm_adds_epi16(_mm_packs_epi32(c, d), offset));
  }
  static Bytes in_order(Bytes packed) { return packed; }
  static void store_half(uint8_t* p, Bytes v, int half, int64_t n) {
    const __m128i part = half == 0 ? v : _mm_unpackhi_epi64(v, v);
    if (n >= 8) return _mm_storel_epi64(reinterpret_cast<__m128i*>(p), part);
    store_bytes(p, part, n);
  }
  static void store_quarter(uint8_t* p, Bytes v, int quarter, int64_t n) {
    uint8_t parts[kBytes];
    store_bytes(parts, v);
    std::memcpy(p, parts + 4 * quarter, static_cast<size_t>(n >= 4 ? 4 : n));
  }
  static void interleave(Bytes t0, Bytes t1, Bytes t2, Bytes t3, Int quads[4]) {
    const __m128i a = _mm_unpacklo_epi8(t0, t1), b = _mm_unpackhi_epi8(t0, t1);
    const __m128i c = _mm_unpacklo_epi8(t2, t3), d = _mm_unpackhi_epi8(t2, t3);
    quads[0] = _mm_unpacklo_epi16(a, c);
    quads[1] = _mm_unpackhi_epi16(a, c);
    quads[2] = _mm_unpacklo_epi16(b, d);
    quads[3] = _mm_unpackhi_epi16(b, d);
  }
  static Bytes pixels(Int c0, Int c1, Int c2) {
    const __m128i words = _mm_or_si128(_mm_or_si128(c0, _mm_slli_epi32(c1, 8)), _mm_slli_epi32(c2, 16));
    return _mm_shuffle_epi8(words, _mm_setr_epi8(0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, -1, -1, -1, -1));
  }
  static void interleave_in_order(Bytes t0, Bytes t1, Bytes t2, Bytes t3, Int quads[4]) { interleave(t0, t1, t2, t3, quads); }

  static Quads source(Int quads) { return {_mm_and_si128(quads, _mm_set1_epi16(255)), _mm_srli_epi16(quads, 8)}; }
  static Quads source(const uint8_t* p) {
    int32_t quad;
    std::memcpy(&quad, p, 4);
    return source(_mm_set1_epi32(quad));
  }
  static Quads weights(const int8_t* p) {
    const __m128i v = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
    return {_mm_srai_epi16(_mm_slli_epi16(v, 8), 8), _mm_srai_epi16(v, 8)};
  }
  static Int dot(Int acc, const Quads& source, const Quads& weight) {
    return _mm_add_epi32(_mm_add_epi32(acc, _mm_madd_epi16(source.even, weight.even)), _mm_madd_epi16(source.odd, weight.odd));
  }
  static Quads wide_weights(const int8_t* p) {
    return {_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)), _mm_loadu_si128(reinterpret_cast<const __m128i*>(p + kBytes))};
  }
  static Int spread(const uint8_t* p) {
    int32_t quad;
    std::memcpy(&quad, p, 4);
    return _mm_set1_epi32(quad);
  }
  static Int dot_bounded(Int acc, Int source, Bytes weight) {
    return _mm_add_epi32(acc, _mm_madd_epi16(_mm_maddubs_epi16(source, weight), _mm_set1_epi16(1)));
  }
  static Int dot_words(Int acc, Int source, Bytes weight) { return _mm_add_epi32(acc, _mm_madd_epi16(source, weight)); }

  using Table = Bytes[16];
  static void load_table(const uint8_t* table, Table& parts) {
    __m128i last = _mm_setzero_si128();
    for (int i = 0; i < 16; ++i) {
      const __m128i sixteenth = _mm_loadu_si128(reinterpret_cast<const __m128i*>(table + 16 * i));
      const __m128i part = i == 8 ? sixteenth : _mm_xor_si128(sixteenth, last);
      parts[i] = part;
      last = sixteenth;
    }
  }
  static Bytes lookup(const Table& parts, Bytes v) {
    const __m128i step = _mm_set1_epi8(16);
    __m128i low = v, high = _mm_xor_si128(v, _mm_set1_epi8(-128));
    Bytes result = _mm_xor_si128(_mm_shuffle_epi8(parts[0], low), _mm_shuffle_epi8(parts[8], high));
    for (int i = 1; i < 8; ++i) {
      low = _mm_subs_epi8(low, step);
      high = _mm_subs_epi8(high, step);
      result = _mm_xor_si128(result, _mm_xor_si128(_mm_shuffle_epi8(parts[i], low), _mm_shuffle_epi8(parts[8 + i], high)));
    }
    return result;
  }
};

}  // namespace
}  // namespace galet::kernels
