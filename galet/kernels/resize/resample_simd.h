// The resampling kernels for any Simd: a few channels of one pixel at a time, columns outermost, so that no line has to be kept.
#pragma once

#include "galet/kernels/resize/resize.h"

namespace galet::kernels {
namespace {

using Float = Simd::Float;

/// The weighted sum at position i of an axis of value(source position). No fused multiply-add: the reference has none.
template <typename Value>
inline Float weighted_sum(const ResampleAxis& axis, int64_t i, Value value) {
  if (axis.weight == nullptr) return value(i);
  Float sum = Simd::set(0.0f);
  for (int64_t k = i * axis.taps; k < (i + 1) * axis.taps; ++k)
    sum = Simd::add(sum, Simd::mul(Simd::set(axis.weight[k]), value(axis.index[k])));
  return sum;
}

/// load(src index, n) gives n lanes of the source; store(dst index, sums, n).
template <typename Args, typename Load, typename Store>
inline void for_sums(const Args& args, int64_t begin, int64_t end, Load load, Store store) {
  for (int64_t item = begin; item < end; ++item) {
    const int64_t first_line = item / args.dst_h * args.src_h;
    for (int64_t j = 0; j < args.dst_w; ++j)
      for (int64_t c = 0; c < args.channels; c += Simd::kLanes) {
        const int64_t n = args.channels - c;
        const Float sum = weighted_sum(args.x, j, [&](int64_t x) {
          return weighted_sum(args.y, item % args.dst_h,
                              [&](int64_t y) { return load(((first_line + y) * args.src_w + x) * args.channels + c, n); });
        });
        store((item * args.dst_w + j) * args.channels + c, sum, n);
      }
  }
}

inline void resample_codes(const ResampleI8Args& args, int64_t begin, int64_t end) {
  const Simd::Int zero = Simd::set(-args.src_zero_point), dst_zero = Simd::set(args.dst_zero_point);
  const Float m = Simd::set(args.m);
  const Float lo = Simd::set(static_cast<float>(args.lo - args.dst_zero_point)),
              hi = Simd::set(static_cast<float>(args.hi - args.dst_zero_point));
  for_sums(
      args, begin, end, [&](int64_t at, int64_t n) { return Simd::to_float(Simd::add(Simd::load_codes(args.src + at, n), zero)); },
      [&](int64_t at, Float sum, int64_t n) {
        const Float x = Simd::min(Simd::max(Simd::mul(sum, m), lo), hi);
        Simd::store_codes(args.dst + at, Simd::add(Simd::round(x), dst_zero), n);
      });
}

inline void resample_floats(const ResampleF32Args& args, int64_t begin, int64_t end) {
  for_sums(
      args, begin, end, [&](int64_t at, int64_t n) { return Simd::load(args.src + at, n); },
      [&](int64_t at, Float sum, int64_t n) { Simd::store(args.dst + at, sum, n); });
}

}  // namespace
}  // namespace galet::kernels
