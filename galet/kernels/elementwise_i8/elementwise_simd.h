// The elementwise kernels on codes for any Simd. Included by instruction-set files after simd/*.h.
#pragma once

#include "galet/kernels/elementwise_i8/elementwise.h"

namespace galet::kernels {
namespace {

using Int = Simd::Int;
using Float = Simd::Float;
using Bytes = Simd::Bytes;
constexpr int64_t kLanes = Simd::kLanes, kBytes = Simd::kBytes;

inline int64_t least(int64_t a, int64_t b) { return a < b ? a : b; }
inline Float clamp(Float v, Float lo, Float hi) { return Simd::min(Simd::max(v, lo), hi); }

/// Stores codes(i) for every i in [0, n): four vectors at a time, then one at a time. codes(i, count) gives the lanes i .. i + kLanes.
template <typename Codes>
inline void store_all(uint8_t* dst, int64_t n, Codes codes) {
  int64_t i = 0;
  for (; i + kBytes <= n; i += kBytes)
    Simd::store_bytes(dst + i, Simd::in_order(Simd::pack(codes(i, kLanes), codes(i + kLanes, kLanes), codes(i + 2 * kLanes, kLanes),
                                                         codes(i + 3 * kLanes, kLanes))));
  for (; i < n; i += kLanes) Simd::store_codes(dst + i, codes(i, n - i), n - i);
}

inline void quantize_span(const float* src, uint8_t* dst, int64_t n, float scale, int32_t zero_point) {
  const Float divisor = Simd::set(scale), lo = Simd::set(static_cast<float>(-zero_point)),
              hi = Simd::set(static_cast<float>(255 - zero_point));
  const Int zero = Simd::set(zero_point);
  store_all(dst, n, [&](int64_t i, int64_t count) {
    const Float x = Simd::zero_nan(Simd::div(Simd::load(src + i, count), divisor));
    return Simd::add(Simd::round(clamp(x, lo, hi)), zero);
  });
}

inline void dequantize_span(const uint8_t* src, float* dst, int64_t n, float scale, int32_t zero_point) {
  const Float factor = Simd::set(scale);
  const Int zero = Simd::set(-zero_point);
  for (int64_t i = 0; i < n; i += kLanes)
    Simd::store(dst + i, Simd::mul(factor, Simd::to_float(Simd::add(Simd::load_codes(src + i, n - i), zero))), n - i);
}

inline void lookup_rows(const LookupArgs& args, int64_t begin, int64_t end) {
  const bool dense = args.src_stride == args.cols && args.dst_stride == args.cols;
  const int64_t rows = dense ? 1 : end - begin, cols = dense ? (end - begin) * args.cols : args.cols;
  Simd::Table parts;
  if (args.table != nullptr) Simd::load_table(args.table, parts);
  for (int64_t row = 0; row < rows; ++row) {
    const uint8_t* src = args.src + (begin + row) * args.src_stride;
    uint8_t* dst = args.dst + (begin + row) * args.dst_stride;
    if (args.table == nullptr) {
      std::memmove(dst, src, static_cast<size_t>(cols));
      continue;
    }
    for (int64_t c = 0; c < cols; c += kBytes)
      Simd::store_bytes(dst + c, Simd::lookup(parts, Simd::load_bytes(src + c, cols - c)), cols - c);
  }
}

/// Calls span(src, other, dst, n, scalar) for stretches of rows with a constant pattern of broadcasting.
template <typename Args, typename Span>
inline void broadcast_rows(const Args& args, int64_t begin, int64_t end, Span span) {
  if (!args.broadcast.scalar && args.broadcast.repeat == 1)
    return span(args.src + begin * args.cols, args.other + begin * args.cols, args.dst + begin * args.cols, (end - begin) * args.cols,
                false);
  for (int64_t row = begin; row < end;) {
    const int64_t group = row / args.broadcast.repeat;
    const int64_t last = args.broadcast.scalar ? least(end, (group + 1) * args.broadcast.repeat) : row + 1;
    span(args.src + row * args.cols, args.other + group * (args.broadcast.scalar ? 1 : args.cols), args.dst + row * args.cols,
         (last - row) * args.cols, args.broadcast.scalar);
    row = last;
  }
}

inline void add_rows(const AddArgs& args, int64_t begin, int64_t end) {
  const AddCoefficients& add = args.add;
  const Float src_ratio = Simd::set(args.other_is_a ? add.rb : add.ra), other_ratio = Simd::set(args.other_is_a ? add.ra : add.rb);
  const Float c = Simd::set(add.c), lo = Simd::set(static_cast<float>(add.lo)), hi = Simd::set(static_cast<float>(add.hi));
  broadcast_rows(args, begin, end, [&](const uint8_t* src, const uint8_t* other, uint8_t* dst, int64_t n, bool scalar) {
    const Int constant = Simd::set(scalar ? *other : 0);
    store_all(dst, n, [&](int64_t i, int64_t count) {
      const Float s = Simd::to_float(Simd::load_codes(src + i, count));
      const Float o = Simd::to_float(scalar ? constant : Simd::load_codes(other + i, count));
      const Float sum =
          args.other_is_a ? Simd::fma(o, other_ratio, Simd::fma(s, src_ratio, c)) : Simd::fma(s, src_ratio, Simd::fma(o, other_ratio, c));
      return Simd::round(clamp(sum, lo, hi));
    });
  });
}

/// Rows times one row of factors (squeeze and excitation): the factors of a block of columns stay in registers.
inline void scale_rows(const MulArgs& args, int64_t begin, int64_t end) {
  const Int src_zero = Simd::set(-args.src_zero_point);
  const Float m = Simd::set(args.m), zero = Simd::set(static_cast<float>(args.dst_zero_point));
  const Bytes lo = Simd::set_bytes(args.lo), hi = Simd::set_bytes(args.hi);
  const uint8_t* factors = args.other + begin / args.broadcast.repeat * args.cols;
  for (int64_t c = 0; c < args.cols; c += kBytes) {
    const int64_t n = least(args.cols - c, kBytes);
    uint8_t block[kBytes];
    Simd::store_bytes(block, Simd::load_bytes(factors + c, n));
    Float factor[4];
    for (int j = 0; j < 4; ++j)
      factor[j] = Simd::to_float(Simd::add(Simd::load_codes(block + j * kLanes), Simd::set(-args.other_zero_point)));
    for (int64_t row = begin; row < end; ++row) {
      const uint8_t* src = args.src + row * args.cols + c;
      if (n < kBytes) {
        Simd::store_bytes(block, Simd::load_bytes(src, n));
        src = block;
      }
      Int q[4];
#pragma GCC unroll 4
      for (int j = 0; j < 4; ++j) {
        const Float product = Simd::mul(Simd::to_float(Simd::add(Simd::load_codes(src + j * kLanes), src_zero)), factor[j]);
        q[j] = Simd::round(Simd::add(Simd::mul(product, m), zero));
      }
      const Bytes codes = Simd::in_order(Simd::pack(q[0], q[1], q[2], q[3], Simd::set_words(0)));
      Simd::store_bytes(args.dst + row * args.cols + c, Simd::min_bytes(Simd::max_bytes(codes, lo), hi), n);
    }
  }
}

inline void mul_rows(const MulArgs& args, int64_t begin, int64_t end) {
  // Below 2^15 no product leaves int32.
  if (!args.broadcast.scalar && args.broadcast.repeat > 1 && args.m >= 0.0f && args.m < 32768.0f) {
    while (begin < end) {
      const int64_t last = least(end, (begin / args.broadcast.repeat + 1) * args.broadcast.repeat);
      scale_rows(args, begin, last);
      begin = last;
    }
    return;
  }
  const Int src_zero = Simd::set(-args.src_zero_point), other_zero = Simd::set(-args.other_zero_point);
  const Float m = Simd::set(args.m), zero = Simd::set(static_cast<float>(args.dst_zero_point));
  const Float lo = Simd::set(static_cast<float>(args.lo)), hi = Simd::set(static_cast<float>(args.hi));
  broadcast_rows(args, begin, end, [&](const uint8_t* src, const uint8_t* other, uint8_t* dst, int64_t n, bool scalar) {
    const Int constant = Simd::set(scalar ? *other : 0);
    store_all(dst, n, [&](int64_t i, int64_t count) {
      const Float s = Simd::to_float(Simd::add(Simd::load_codes(src + i, count), src_zero));
      const Float o = Simd::to_float(Simd::add(scalar ? constant : Simd::load_codes(other + i, count), other_zero));
      const Float product = Simd::mul(s, o);  // exact: at most 255 * 255
      return Simd::round(clamp(Simd::add(Simd::mul(product, m), zero), lo, hi));
    });
  });
}

inline void min_max(const MinMaxArgs& args, int64_t begin, int64_t end) {
  Float min[4], max[4];
  for (int j = 0; j < 4; ++j) min[j] = max[j] = Simd::set(0.0f);
  int64_t i = begin;
  for (; i + kBytes <= end; i += kBytes)
#pragma GCC unroll 4
    for (int j = 0; j < 4; ++j) {
      const Float v = Simd::load(args.src + i + j * kLanes);
      min[j] = Simd::min(v, min[j]);
      max[j] = Simd::max(v, max[j]);
    }
  for (; i < end; i += kLanes) {  // lanes that do not exist read 0, which changes nothing
    const Float v = Simd::load(args.src + i, end - i);
    min[0] = Simd::min(v, min[0]);
    max[0] = Simd::max(v, max[0]);
  }
  float least_lanes[kLanes], greatest_lanes[kLanes];
  Simd::store(least_lanes, Simd::min(Simd::min(min[0], min[1]), Simd::min(min[2], min[3])));
  Simd::store(greatest_lanes, Simd::max(Simd::max(max[0], max[1]), Simd::max(max[2], max[3])));
  float low = 0.0f, high = 0.0f;
  for (int j = 0; j < kLanes; ++j) {
    low = least_lanes[j] < low ? least_lanes[j] : low;
    high = greatest_lanes[j] > high ? greatest_lanes[j] : high;
  }
  *args.min = low;
  *args.max = high;
}

}  // namespace
}  // namespace galet::kernels
