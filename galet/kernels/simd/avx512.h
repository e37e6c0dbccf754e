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
  static Float round_float(Float v) { return _mm512_maskz_roundscale_ps(0xffff, v, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC); }
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
  static Bytes min_bytes(Bytes a, Bytes b) { return _mm512_min_epu8(a, b); }
  static Bytes max_bytes(Bytes a, Bytes b) { return _mm512_max_epu8(a, b); }
  static Bytes set_bytes(int32_t v) { return _mm512_set1_epi8(static_cast<char>(v)); }
  static Bytes zero_bytes() { return _mm512_setzero_si512(); }

  static Bytes pack(Int a, Int b, Int c, Int d) { return _mm512_packus_epi16(_mm512_packs_epi32(a, b), _mm512_packs_epi32(c, d)); }
  using Words = __m512i;
  static Words set_words(int32_t v) { return _mm512_set1_epi16(static_cast<int16_t>(v)); }
  static Bytes pack(Int a, Int b, Int c, Int d, Words offset) {
    return _mm512_packus_epi16(_mm512_adds_epi16(_mm512_packs_epi32(a, b), offset), _mm512_adds_epi16(_mm512_packs_epi32(c, d), offset));
  }
  static Bytes in_order(Bytes packed) {
    return _mm512_maskz_permutexvar_epi32(0xffff, _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15), packed);
  }
  static void store_half(uint8_t* p, Bytes v, int half, int64_t n) {
    const __m256i part = half == 0 ? _mm512_castsi512_si256(v) : _mm512_maskz_extracti64x4_epi64(0xf, v, 1);
    _mm256_mask_storeu_epi8(p, static_cast<__mmask32>(n >= 32 ? ~0u : (1u << n) - 1u), part);
  }
  static void store_quarter(uint8_t* p, Bytes v, int quarter, int64_t n) {
    const __m128i part = quarter == 0   ? _mm512_castsi512_si128(v)
                         : quarter == 1 ? _mm512_maskz_extracti32x4_epi32(0xf, v, 1)
                         : quarter == 2 ? _mm512_maskz_extracti32x4_epi32(0xf, v, 2)
                                        : _mm512_maskz_extracti32x4_epi32(0xf, v, 3);
    _mm_mask_storeu_epi8(p, lanes(n), part);
  }
  static void interleave(Bytes t0, Bytes t1, Bytes t2, Bytes t3, Int quads[4]) {
    const __m512i a = _mm512_unpacklo_epi8(t0, t1), b = _mm512_unpackhi_epi8(t0, t1);
    const __m512i c = _mm512_unpacklo_epi8(t2, t3), d = _mm512_unpackhi_epi8(t2, t3);
    quads[0] = _mm512_unpacklo_epi16(a, c);
    quads[1] = _mm512_unpackhi_epi16(a, c);
    quads[2] = _mm512_unpacklo_epi16(b, d);
    quads[3] = _mm512_unpackhi_epi16(b, d);
  }

  /// The same in plain order: lane e of result j is byte 16 j + e.
  static void interleave_in_order(Bytes t0, Bytes t1, Bytes t2, Bytes t3, Int quads[4]) {
#if defined(__AVX512VBMI__)
    const auto pairs = [](Bytes a, Bytes b, Bytes index) __attribute__((always_inline)) { return _mm512_permutex2var_epi8(a, index, b); };
    const __m512i steps = _mm512_cvtepi8_epi16(_mm256_set_epi8(31, 30, 29, 28, 27, 26, 25, 24, 23, 22, 21, 20, 19, 18, 17, 16, 15, 14, 13,
                                                               12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0));
    const __m512i low = _mm512_or_si512(_mm512_mullo_epi16(steps, _mm512_set1_epi16(0x0101)), _mm512_set1_epi16(0x4000));
    const __m512i high = _mm512_add_epi16(low, _mm512_set1_epi16(0x2020));
    const __m512i a = pairs(t0, t1, low), b = pairs(t0, t1, high), c = pairs(t2, t3, low), d = pairs(t2, t3, high);
    const __m512i lanes16 = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    const __m512i first = _mm512_or_si512(_mm512_mullo_epi32(lanes16, _mm512_set1_epi32(0x10001)), _mm512_set1_epi32(0x200000));
    const __m512i second = _mm512_add_epi32(first, _mm512_set1_epi32(0x100010));
    quads[0] = _mm512_permutex2var_epi16(a, first, c);
    quads[1] = _mm512_permutex2var_epi16(a, second, c);
    quads[2] = _mm512_permutex2var_epi16(b, first, d);
    quads[3] = _mm512_permutex2var_epi16(b, second, d);
#else
    interleave(in_order(t0), in_order(t1), in_order(t2), in_order(t3), quads);  // in_order is its own inverse
#endif
  }

  /// Lanes 0..255 of three channels as pixels of three bytes, 3 * kLanes of them.
  static Bytes pixels(Int c0, Int c1, Int c2) {
    const __m512i words = _mm512_or_si512(_mm512_or_si512(c0, _mm512_slli_epi32(c1, 8)), _mm512_slli_epi32(c2, 16));
    const __m512i bytes = _mm512_maskz_broadcast_i32x4(0xffff, _mm_setr_epi8(0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, -1, -1, -1, -1));
    const __m512i lanes12 = _mm512_setr_epi32(0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, 3, 7, 11, 15);
    return _mm512_maskz_permutexvar_epi32(0xffff, lanes12, _mm512_shuffle_epi8(words, bytes));
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
  static Quads wide_weights(const int8_t* p) { return {_mm512_loadu_si512(p), _mm512_loadu_si512(p + kBytes)}; }
  static Int spread(const uint8_t* p) {
    int32_t quad;
    std::memcpy(&quad, p, 4);
    return _mm512_set1_epi32(quad);
  }
  static Int dot_bounded(Int acc, Int source, Bytes weight) {
    return _mm512_add_epi32(acc, _mm512_madd_epi16(_mm512_maddubs_epi16(source, weight), _mm512_set1_epi16(1)));
  }
  static Int dot_words(Int acc, Int source, Bytes weight) { return _mm512_add_epi32(acc, _mm512_madd_epi16(source, weight)); }
#endif
  static Quads source(const uint8_t* p) {
    int32_t quad;
    std::memcpy(&quad, p, 4);
    return source(_mm512_set1_epi32(quad));
  }

#if defined(__AVX512VBMI__)
  using Table = __m512i[4];
  static void load_table(const uint8_t* table, Table& parts) {
    for (int i = 0; i < 4; ++i) parts[i] = _mm512_loadu_si512(table + 64 * i);
  }
  static Bytes lookup(const Table& parts, Bytes v) {
    const Bytes low = _mm512_permutex2var_epi8(parts[0], v, parts[1]), high = _mm512_permutex2var_epi8(parts[2], v, parts[3]);
    return _mm512_mask_mov_epi8(low, _mm512_movepi8_mask(v), high);
  }
#else
  /// 16-bit entries: two permutes of 128 bytes give the pair of neighbours in which the code's entry lies.
  using Table = __m512i[4];
  static void load_table(const uint8_t* table, Table& parts) {
    for (int i = 0; i < 4; ++i) parts[i] = _mm512_loadu_si512(table + 64 * i);
  }
  /// Entries of the codes in the low byte of each 16-bit lane, at the low byte.
  static __m512i lookup_words(const Table& parts, __m512i codes) {
    const __m512i index = _mm512_srli_epi16(codes, 1);
    const __m512i low = _mm512_permutex2var_epi16(parts[0], index, parts[1]), high = _mm512_permutex2var_epi16(parts[2], index, parts[3]);
    const __m512i pair = _mm512_mask_mov_epi16(low, _mm512_movepi16_mask(_mm512_slli_epi16(codes, 8)), high);
    return _mm512_srlv_epi16(pair, _mm512_slli_epi16(_mm512_and_si512(codes, _mm512_set1_epi16(1)), 3));
  }
  static Bytes lookup(const Table& parts, Bytes v) {
    const __m512i byte = _mm512_set1_epi16(255);
    const __m512i even = _mm512_and_si512(lookup_words(parts, _mm512_and_si512(v, byte)), byte);
    return _mm512_or_si512(even, _mm512_slli_epi16(lookup_words(parts, _mm512_srli_epi16(v, 8)), 8));
  }
#endif
};

}  // namespace
}  // namespace galet::kernels
