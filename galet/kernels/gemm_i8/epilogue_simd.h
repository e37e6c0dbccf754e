// The epilogues of EpilogueI8 over a buffer of accumulators, for any Simd. Included by instruction-set files after simd/*.h.
#pragma once

#include "galet/kernels/gemm_i8/gemm.h"

namespace galet::kernels {
namespace {

using Int = Simd::Int;
using Float = Simd::Float;
using Bytes = Simd::Bytes;

inline Float clamp(Float v, Float lo, Float hi) { return Simd::min(Simd::max(v, lo), hi); }

/// Coefficients of a residual addition, spread over lanes.
struct Residual {
  Float ra, rb, c, lo, hi;
  explicit Residual(const AddCoefficients& add)
      : ra(Simd::set(add.ra)),
        rb(Simd::set(add.rb)),
        c(Simd::set(add.c)),
        lo(Simd::set(static_cast<float>(add.lo))),
        hi(Simd::set(static_cast<float>(add.hi))) {}
  Int apply(Int a, Int b) const {
    return Simd::round(clamp(Simd::fma(Simd::to_float(a), ra, Simd::fma(Simd::to_float(b), rb, c)), lo, hi));
  }
};

/// dst = table[dst] for n codes.
inline void apply_table(const Simd::Table& parts, uint8_t* dst, int64_t n) {
  for (int64_t c = 0; c < n; c += Simd::kBytes) Simd::store_bytes(dst + c, Simd::lookup(parts, Simd::load_bytes(dst + c, n - c)), n - c);
}

/// The steps that follow requantization, in place on a row of stored codes.
inline void finish_codes(const EpilogueI8& epilogue, const Simd::Table& parts, uint8_t* dst, const uint8_t* other, int64_t n) {
  if (epilogue.table != nullptr) apply_table(parts, dst, n);
  if (other == nullptr) return;
  const Residual residual(epilogue.add);
  for (int64_t c = 0; c < n; c += Simd::kLanes) {
    const Int q = Simd::load_codes(dst + c, n - c), o = Simd::load_codes(other + c, n - c);
    Simd::store_codes(dst + c, epilogue.other_is_a ? residual.apply(o, q) : residual.apply(q, o), n - c);
  }
}

/// Codes of one row of accumulators, requantized and clamped.
inline void requantize_row(const EpilogueI8& epilogue, const int32_t* acc, const float* m, uint8_t* dst, int64_t n) {
  const Float lo = Simd::set(epilogue.lo), hi = Simd::set(epilogue.hi);
  const Int zero_point = Simd::set(epilogue.zero_point);
  for (int64_t c = 0; c < n; c += Simd::kLanes) {
    const Float scaled = Simd::mul(Simd::to_float(Simd::load(acc + c)), Simd::load(m + c));
    Simd::store_codes(dst + c, Simd::add(Simd::round(clamp(scaled, lo, hi)), zero_point), n - c);
  }
}

inline void requantize_add_row(const EpilogueI8& epilogue, const int32_t* acc, const float* m, uint8_t* dst, const uint8_t* other,
                               int64_t n) {
  const Float lo = Simd::set(epilogue.lo), hi = Simd::set(epilogue.hi);
  const Int zero_point = Simd::set(epilogue.zero_point);
  const Residual residual(epilogue.add);
  for (int64_t c = 0; c < n; c += Simd::kLanes) {
    const Float scaled = Simd::mul(Simd::to_float(Simd::load(acc + c)), Simd::load(m + c));
    const Int q = Simd::add(Simd::round(clamp(scaled, lo, hi)), zero_point), o = Simd::load_codes(other + c, n - c);
    Simd::store_codes(dst + c, epilogue.other_is_a ? residual.apply(o, q) : residual.apply(q, o), n - c);
  }
}

inline void float_row(const EpilogueI8& epilogue, const int32_t* acc, const float* m, const float* bias, float* dst, int64_t n) {
  const Float lo = Simd::set(epilogue.lo), hi = Simd::set(epilogue.hi);
  for (int64_t c = 0; c < n; c += Simd::kLanes) {
    const Float scaled = Simd::mul(Simd::to_float(Simd::load(acc + c)), Simd::load(m + c));
    Simd::store(dst + c, clamp(Simd::add(scaled, Simd::load(bias + c)), lo, hi), n - c);
  }
}

/// Requantization of accumulators that are still in registers, to whole vectors of codes; wants epilogue.bounded. Zero point and limits are
/// applied to saturated integers: the same codes as clamp(round(v), lo, hi) + zero_point.
struct Requantize {
  Simd::Words zero_point;
  Bytes lo, hi;
  explicit Requantize(const EpilogueI8& epilogue)
      : zero_point(Simd::set_words(epilogue.zero_point)),
        lo(Simd::set_bytes(static_cast<int32_t>(epilogue.lo) + epilogue.zero_point)),
        hi(Simd::set_bytes(static_cast<int32_t>(epilogue.hi) + epilogue.zero_point)) {}
  static Int scale(Int acc, Float m) { return Simd::round(Simd::mul(Simd::to_float(acc), m)); }
  /// In the order of Simd::pack.
  Bytes codes(Int a, Int b, Int c, Int d) const { return Simd::min_bytes(Simd::max_bytes(Simd::pack(a, b, c, d, zero_point), lo), hi); }
};

/// Requantization and residual addition of accumulators in registers.
struct RequantizeAdd {
  Float lo, hi, zero_point, ra, rb, c, sum_hi;
  Simd::Words none;
  Bytes sum_lo;
  bool other_is_a;
  explicit RequantizeAdd(const EpilogueI8& epilogue)
      : lo(Simd::set(epilogue.lo)),
        hi(Simd::set(epilogue.hi)),
        zero_point(Simd::set(static_cast<float>(epilogue.zero_point))),
        ra(Simd::set(epilogue.add.ra)),
        rb(Simd::set(epilogue.add.rb)),
        c(Simd::set(epilogue.add.c)),
        sum_hi(Simd::set(static_cast<float>(epilogue.add.hi))),
        none(Simd::set_words(0)),
        sum_lo(Simd::set_bytes(epilogue.add.lo)),
        other_is_a(epilogue.other_is_a) {}
  __attribute__((always_inline)) Int scale(Int acc, const float* m, const uint8_t* other, int64_t n) const {
    const Float scaled = clamp(Simd::mul(Simd::to_float(acc), Simd::load(m)), lo, hi);
    const Float q = Simd::add(Simd::round_float(scaled), zero_point), o = Simd::to_float(Simd::load_codes(other, n));
    const Float sum = other_is_a ? Simd::fma(o, ra, Simd::fma(q, rb, c)) : Simd::fma(q, ra, Simd::fma(o, rb, c));
    return Simd::round(Simd::min(sum, sum_hi));
  }
  Bytes codes(Int a, Int b, Int c_, Int d) const { return Simd::max_bytes(Simd::pack(a, b, c_, d, none), sum_lo); }
};

/// Stores `rows` rows of accumulators, `width` apart (a multiple of kLanes, as are m and bias).
inline void finish_rows(const EpilogueI8& epilogue, const int32_t* acc, int64_t width, const float* m, const float* bias, int64_t rows,
                        int64_t n, void* dst, int64_t dst_stride, const uint8_t* other, const Simd::Table& parts) {
  for (int64_t row = 0; row < rows; ++row, acc += width) {
    if (epilogue.output == ConvI8Output::i32) {
      std::memcpy(static_cast<int32_t*>(dst) + row * dst_stride, acc, static_cast<size_t>(n) * 4);
    } else if (epilogue.output == ConvI8Output::f32) {
      float_row(epilogue, acc, m, bias, static_cast<float*>(dst) + row * dst_stride, n);
    } else {
      uint8_t* codes = static_cast<uint8_t*>(dst) + row * dst_stride;
      const uint8_t* residual = other == nullptr ? nullptr : other + row * epilogue.other_stride;
      if (residual != nullptr && epilogue.table == nullptr) {
        requantize_add_row(epilogue, acc, m, codes, residual, n);
      } else {
        requantize_row(epilogue, acc, m, codes, n);
        finish_codes(epilogue, parts, codes, residual, n);
      }
    }
  }
}

}  // namespace
}  // namespace galet::kernels
