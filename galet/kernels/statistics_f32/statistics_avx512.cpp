// Sums in registers, sixteen columns at a time; of the bins' indices those of exact zeros, half of what a ReLU leaves, are pressed out
// before the scalar loop that counts.
#include <immintrin.h>

#include "galet/kernels/statistics_f32/statistics.h"

namespace galet::kernels {
namespace {
#include "galet/kernels/statistics_f32/statistics_loop.h"

struct Half {
  __m512d sum, squares, origin;
};

// Converted under a full mask: GCC 12 warns of the undefined operand inside the plain intrinsic.
inline void add(Half& half, __m256 x) {
  const __m512d d = _mm512_sub_pd(_mm512_maskz_cvtps_pd(0xff, x), half.origin);
  half.sum = _mm512_add_pd(half.sum, d);
  half.squares = _mm512_add_pd(half.squares, _mm512_mul_pd(d, d));
}

template <int kVectors>
inline void moments_16(const MomentsF32Args& args, int64_t column, int64_t begin, int64_t end) {
  Half half[2 * kVectors];
  __m512 low[kVectors], high[kVectors];
  for (int v = 0; v < 2 * kVectors; ++v) {
    half[v].sum = _mm512_loadu_pd(args.sum + column + 8 * v);
    half[v].squares = _mm512_loadu_pd(args.squares + column + 8 * v);
    half[v].origin = _mm512_maskz_cvtps_pd(0xff, _mm256_loadu_ps(args.origin + column + 8 * v));
  }
  for (int v = 0; v < kVectors; ++v) {
    low[v] = _mm512_loadu_ps(args.min + column + 16 * v);
    high[v] = _mm512_loadu_ps(args.max + column + 16 * v);
  }
  const float* row = args.src + begin * args.cols + column;
  for (int64_t r = begin; r < end; ++r, row += args.cols)
    for (int v = 0; v < kVectors; ++v) {
      const __m512 x = _mm512_loadu_ps(row + 16 * v);
      low[v] = _mm512_min_ps(x, low[v]);  // the second operand where one is NaN
      high[v] = _mm512_max_ps(x, high[v]);
      add(half[2 * v], _mm512_castps512_ps256(x));
      add(half[2 * v + 1], _mm512_extractf32x8_ps(x, 1));
    }
  for (int v = 0; v < 2 * kVectors; ++v) {
    _mm512_storeu_pd(args.sum + column + 8 * v, half[v].sum);
    _mm512_storeu_pd(args.squares + column + 8 * v, half[v].squares);
  }
  for (int v = 0; v < kVectors; ++v) {
    _mm512_storeu_ps(args.min + column + 16 * v, low[v]);
    _mm512_storeu_ps(args.max + column + 16 * v, high[v]);
  }
}

}  // namespace

void moments_f32__avx512_32(const MomentsF32Args& args, int64_t begin, int64_t end) noexcept {
  constexpr int64_t kBlockElements = 4096;
  const int64_t block = args.cols >= kBlockElements ? 1 : kBlockElements / args.cols;
  for (int64_t r = begin; r < end; r += block) {
    const int64_t last = r + block < end ? r + block : end;
    int64_t column = 0;
    for (; column + 32 <= args.cols; column += 32) moments_16<2>(args, column, r, last);
    for (; column + 16 <= args.cols; column += 16) moments_16<1>(args, column, r, last);
    for (; column < args.cols; ++column) moments_columns<1>(args, column, r, last);
  }
}

void histogram_f32u32__avx512_16(const HistogramF32Args& args, int64_t begin, int64_t end) noexcept {
  constexpr int kBlock = 1024;
  alignas(64) int32_t index[kBlock + 16];
  uint32_t* const t0 = args.counts;
  uint32_t* const t1 = t0 + args.bins;
  uint32_t* const t2 = t1 + args.bins;
  uint32_t* const t3 = t2 + args.bins;
  const __m512 inverse = _mm512_set1_ps(args.inverse);
  const __m512i first = _mm512_set1_epi32(args.first);
  int64_t counted = 0;
  for (int64_t at = begin; at < end; at += kBlock) {
    const int64_t stop = at + kBlock < end ? at + kBlock : end;
    int n = 0;
    for (int64_t i = at; i < stop; i += 16) {
      const __mmask16 here = stop - i >= 16 ? static_cast<__mmask16>(0xffff) : static_cast<__mmask16>((1u << (stop - i)) - 1);
      const __m512 x = _mm512_maskz_loadu_ps(here, args.src + i);
      const __mmask16 some = _mm512_mask_cmp_ps_mask(here, x, _mm512_setzero_ps(), _CMP_NEQ_UQ);
      const __m512i bin =
          _mm512_sub_epi32(_mm512_cvt_roundps_epi32(_mm512_mul_ps(x, inverse), _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC), first);
      _mm512_storeu_si512(index + n, _mm512_maskz_compress_epi32(some, bin));
      n += __builtin_popcount(some);
    }
    counted += n;
    int i = 0;
    for (; i + 4 <= n; i += 4) {
      ++t0[index[i]];
      ++t1[index[i + 1]];
      ++t2[index[i + 2]];
      ++t3[index[i + 3]];
    }
    for (; i < n; ++i) ++t0[index[i]];
  }
  const int64_t zeros = end - begin - counted;
  if (zeros > 0) t0[-args.first] += static_cast<uint32_t>(zeros);
  *args.zeros += zeros;
}

}  // namespace galet::kernels
