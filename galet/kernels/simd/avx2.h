// AVX2 + FMA as the small vocabulary in which the generic kernels (*_simd.h) are written; with VNNI at 256 bits where the file is built for
// it, in the encoding that it is built for. In an anonymous namespace: each file has its own copy.
#pragma once

#include <immintrin.h>

#include <cstdint>
#include <cstring>

namespace galet::kernels {
namespace {

struct Simd {
  static constexpr int kLanes = 8;           // 32-bit lanes of a vector
  static constexpr int kBytes = 4 * kLanes;  // bytes of a vector
  using Int = __m256i;                       // int32 lanes
  using Float = __m256;
  using Bytes = __m256i;
  static Int load(const int32_t* p) { return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)); }
  static void store(int32_t* p, Int v) { _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), v); }
  static Int set(int32_t v) { return _mm256_set1_epi32(v); }
  static Int add(Int a, Int b) { return _mm256_add_epi32(a, b); }

  static Float load(const float* p) { return _mm256_loadu_ps(p); }
  static Float load(const float* p, int64_t n) {
    if (n >= kLanes) return load(p);
    float part[kLanes] = {};
    std::memcpy(part, p, static_cast<size_t>(n) * 4);
    return load(part);
  }
  static void store(float* p, Float v) { _mm256_storeu_ps(p, v); }
  static void store(float* p, Float v, int64_t n) {
    if (n >= kLanes) return store(p, v);
    float part[kLanes];
    store(part, v);
    std::memcpy(p, part, static_cast<size_t>(n) * 4);
  }
  static Float set(float v) { return _mm256_set1_ps(v); }
  static Float add(Float a, Float b) { return _mm256_add_ps(a, b); }
  static Float sub(Float a, Float b) { return _mm256_sub_ps(a, b); }
  static Float mul(Float a, Float b) { return _mm256_mul_ps(a, b); }
  static Float div(Float a, Float b) { return _mm256_div_ps(a, b); }
  static Float fma(Float a, Float b, Float c) { return _mm256_fmadd_ps(a, b, c); }
  static Float min(Float a, Float b) { return _mm256_min_ps(a, b); }  // b where either is NaN
  static Float max(Float a, Float b) { return _mm256_max_ps(a, b); }
  static Float zero_nan(Float v) { return _mm256_and_ps(v, _mm256_cmp_ps(v, v, _CMP_ORD_Q)); }
  static Float to_float(Int v) { return _mm256_cvtepi32_ps(v); }
  static Float round_float(Float v) { return _mm256_round_ps(v, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC); }
  static Int round(Float v) { return _mm256_cvtps_epi32(v); }  // half to even

  /// kLanes codes, zero-extended.
  static Int load_codes(const uint8_t* p) { return _mm256_cvtepu8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(p))); }
  static Int load_codes(const uint8_t* p, int64_t n) {
    if (n >= kLanes) return load_codes(p);
    uint64_t part = 0;
    std::memcpy(&part, p, static_cast<size_t>(n));
    return _mm256_cvtepu8_epi32(_mm_cvtsi64_si128(static_cast<int64_t>(part)));
  }
  /// Lanes hold 0..255.
  static void store_codes(uint8_t* p, Int v) {
    const __m256i words = _mm256_packs_epi32(v, v), bytes = _mm256_packus_epi16(words, words);
    const __m128i low = _mm256_castsi256_si128(bytes), high = _mm256_extracti128_si256(bytes, 1);
    _mm_storel_epi64(reinterpret_cast<__m128i*>(p), _mm_unpacklo_epi32(low, high));
  }
  static void store_codes(uint8_t* p, Int v, int64_t n) {
    if (n >= kLanes) return store_codes(p, v);
    uint8_t part[kLanes];
    store_codes(part, v);
    std::memcpy(p, part, static_cast<size_t>(n));
  }

  /// n < 16 bytes, zeros behind. Multiples of eight (usual counts of channels) come straight from memory.
  static __m128i load_part(const uint8_t* p, int64_t n) {
    if (n == 8) return _mm_loadl_epi64(reinterpret_cast<const __m128i*>(p));
    if (n == 0) return _mm_setzero_si128();
    uint8_t part[16] = {};
    std::memcpy(part, p, static_cast<size_t>(n));
    return _mm_loadu_si128(reinterpret_cast<const __m128i*>(part));
  }
  static Bytes load_bytes(const uint8_t* p) { return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)); }
  static Bytes load_bytes(const uint8_t* p, int64_t n) {
    if (n >= kBytes) return load_bytes(p);
    const __m128i low = n >= 16 ? _mm_loadu_si128(reinterpret_cast<const __m128i*>(p)) : load_part(p, n);
    return _mm256_inserti128_si256(_mm256_castsi128_si256(low), n >= 16 ? load_part(p + 16, n - 16) : _mm_setzero_si128(), 1);
  }
  static void store_part(uint8_t* p, __m128i v, int64_t n) {
    if (n == 8) return _mm_storel_epi64(reinterpret_cast<__m128i*>(p), v);
    uint8_t part[16];
    _mm_storeu_si128(reinterpret_cast<__m128i*>(part), v);
    std::memcpy(p, part, static_cast<size_t>(n));
  }
  static void store_bytes(uint8_t* p, Bytes v) { _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), v); }
  static void store_bytes(uint8_t* p, Bytes v, int64_t n) {
    if (n >= kBytes) return store_bytes(p, v);
    if (n < 16) return store_part(p, _mm256_castsi256_si128(v), n);
    _mm_storeu_si128(reinterpret_cast<__m128i*>(p), _mm256_castsi256_si128(v));
    store_part(p + 16, _mm256_extracti128_si256(v, 1), n - 16);
  }
  static Bytes min_bytes(Bytes a, Bytes b) { return _mm256_min_epu8(a, b); }
  static Bytes max_bytes(Bytes a, Bytes b) { return _mm256_max_epu8(a, b); }
  static Bytes set_bytes(int32_t v) { return _mm256_set1_epi8(static_cast<char>(v)); }
  static Bytes zero_bytes() { return _mm256_setzero_si256(); }

  /// Four vectors of lanes 0..255 to bytes, in the "interleaved" order of DepthwiseI8Run.
  static Bytes pack(Int a, Int b, Int c, Int d) { return _mm256_packus_epi16(_mm256_packs_epi32(a, b), _mm256_packs_epi32(c, d)); }
  using Words = __m256i;  // int16 lanes
  static Words set_words(int32_t v) { return _mm256_set1_epi16(static_cast<int16_t>(v)); }
  /// The same of clamp(lane + offset, 0, 255), for any lanes and an offset of 0..255.
  static Bytes pack(Int a, Int b, Int c, Int d, Words offset) {
    return _mm256_packus_epi16(_mm256_adds_epi16(_mm256_packs_epi32(a, b), offset), _mm256_adds_epi16(_mm256_packs_epi32(c, d), offset));
  }
  /// From the order of pack to plain order: all of a, then of b, c, d.
  static Bytes in_order(Bytes packed) { return _mm256_permutevar8x32_epi32(packed, _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7)); }
  /// The first n bytes of a half or a quarter of v.
  static void store_half(uint8_t* p, Bytes v, int half, int64_t n) {
    const __m128i part = half == 0 ? _mm256_castsi256_si128(v) : _mm256_extracti128_si256(v, 1);
    if (n >= 16) return _mm_storeu_si128(reinterpret_cast<__m128i*>(p), part);
    store_part(p, part, n);
  }
  static void store_quarter(uint8_t* p, Bytes v, int quarter, int64_t n) {
    const __m128i half = quarter < 2 ? _mm256_castsi256_si128(v) : _mm256_extracti128_si256(v, 1);
    store_part(p, quarter % 2 == 0 ? half : _mm_unpackhi_epi64(half, half), n >= 8 ? 8 : n);
  }
  /// Bytes of four taps to one quad a channel: lane (4 l + e) of result j is channel 16 l + 4 j + e.
  static void interleave(Bytes t0, Bytes t1, Bytes t2, Bytes t3, Int quads[4]) {
    const __m256i a = _mm256_unpacklo_epi8(t0, t1), b = _mm256_unpackhi_epi8(t0, t1);
    const __m256i c = _mm256_unpacklo_epi8(t2, t3), d = _mm256_unpackhi_epi8(t2, t3);
    quads[0] = _mm256_unpacklo_epi16(a, c);
    quads[1] = _mm256_unpackhi_epi16(a, c);
    quads[2] = _mm256_unpacklo_epi16(b, d);
    quads[3] = _mm256_unpackhi_epi16(b, d);
  }
  /// The same in plain order: lane e of result j is byte 8 j + e.
  static void interleave_in_order(Bytes t0, Bytes t1, Bytes t2, Bytes t3, Int quads[4]) {
    const __m256i order = _mm256_setr_epi32(0, 2, 4, 6, 1, 3, 5, 7);
    interleave(_mm256_permutevar8x32_epi32(t0, order), _mm256_permutevar8x32_epi32(t1, order), _mm256_permutevar8x32_epi32(t2, order),
               _mm256_permutevar8x32_epi32(t3, order), quads);
  }

  /// Lanes 0..255 of three channels as pixels of three bytes, 3 * kLanes of them.
  static Bytes pixels(Int c0, Int c1, Int c2) {
    const __m256i words = _mm256_or_si256(_mm256_or_si256(c0, _mm256_slli_epi32(c1, 8)), _mm256_slli_epi32(c2, 16));
    const __m256i bytes = _mm256_broadcastsi128_si256(_mm_setr_epi8(0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, -1, -1, -1, -1));
    return _mm256_permutevar8x32_epi32(_mm256_shuffle_epi8(words, bytes), _mm256_setr_epi32(0, 1, 2, 4, 5, 6, 3, 7));
  }

#if defined(__AVXVNNI__) || defined(__AVX512VNNI__)
  using Quads = __m256i;
  static Quads source(Int quads) { return quads; }
  static Quads weights(const int8_t* p) { return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)); }
#if defined(__AVXVNNI__)
  static Int dot(Int acc, Quads source, Quads weight) { return _mm256_dpbusd_avx_epi32(acc, source, weight); }
#else
  static Int dot(Int acc, Quads source, Quads weight) { return _mm256_dpbusd_epi32(acc, source, weight); }
#endif
#else
  struct Quads {  // four 8-bit values a lane, widened to int16: values 0 and 2, values 1 and 3
    __m256i even, odd;
  };
  static Quads source(Int quads) { return {_mm256_and_si256(quads, _mm256_set1_epi16(255)), _mm256_srli_epi16(quads, 8)}; }
  static Quads weights(const int8_t* p) {
    const __m256i v = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p));
    return {_mm256_srai_epi16(_mm256_slli_epi16(v, 8), 8), _mm256_srai_epi16(v, 8)};
  }
  /// acc + sum of the four products of each lane; exact.
  static Int dot(Int acc, const Quads& source, const Quads& weight) {
    return _mm256_add_epi32(_mm256_add_epi32(acc, _mm256_madd_epi16(source.even, weight.even)), _mm256_madd_epi16(source.odd, weight.odd));
  }
  /// Of words that split.h laid out.
  static Quads wide_weights(const int8_t* p) {
    return {_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)), _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p + kBytes))};
  }
  /// The same four codes in every lane.
  static Int spread(const uint8_t* p) {
    int32_t quad;
    std::memcpy(&quad, p, 4);
    return _mm256_set1_epi32(quad);
  }
  /// dot for weights of which no two neighbours exceed the bound of split.h: nothing saturates.
  static Int dot_bounded(Int acc, Int source, Bytes weight) {
    return _mm256_add_epi32(acc, _mm256_madd_epi16(_mm256_maddubs_epi16(source, weight), _mm256_set1_epi16(1)));
  }
  static Int dot_words(Int acc, Int source, Bytes weight) { return _mm256_add_epi32(acc, _mm256_madd_epi16(source, weight)); }
#endif
  static Quads source(const uint8_t* p) {  // the same four codes in every lane
    int32_t quad;
    std::memcpy(&quad, p, 4);
    return source(_mm256_set1_epi32(quad));
  }

  using Table = Bytes[16];
  /// table[v]: 16 shuffles. A shuffle gives 0 where its index is negative, so part i, which is sixteenth i xor the one before, counts for
  /// all codes from 16 i on (up to 127, and from 128 up): what is left of the xor of all is the sixteenth that the code lies in.
  static void load_table(const uint8_t* table, Table& parts) {
    __m128i last = _mm_setzero_si128();
    for (int i = 0; i < 16; ++i) {
      const __m128i sixteenth = _mm_loadu_si128(reinterpret_cast<const __m128i*>(table + 16 * i));
      const __m128i part = i == 8 ? sixteenth : _mm_xor_si128(sixteenth, last);
      parts[i] = _mm256_broadcastsi128_si256(part);
      last = sixteenth;
    }
  }
  static Bytes lookup(const Table& parts, Bytes v) {
    const __m256i step = _mm256_set1_epi8(16);
    __m256i low = v, high = _mm256_xor_si256(v, _mm256_set1_epi8(-128));
    Bytes result = _mm256_xor_si256(_mm256_shuffle_epi8(parts[0], low), _mm256_shuffle_epi8(parts[8], high));
    for (int i = 1; i < 8; ++i) {
      low = _mm256_subs_epi8(low, step);
      high = _mm256_subs_epi8(high, step);
      result = _mm256_xor_si256(result, _mm256_xor_si256(_mm256_shuffle_epi8(parts[i], low), _mm256_shuffle_epi8(parts[8 + i], high)));
    }
    return result;
  }
};

}  // namespace
}  // namespace galet::kernels
