// The pooling kernels for any Simd: one block of channels of one pixel at a time.
#pragma once

#include "galet/kernels/pool_i8/pool.h"

namespace galet::kernels {
namespace {
#include "galet/kernels/pool_i8/window.h"

using Int = Simd::Int;
using Float = Simd::Float;
using Bytes = Simd::Bytes;

inline void max_pool(const MaxPoolI8Args& args, int64_t begin, int64_t end) {
  const PoolShape& s = args.shape;
  const int64_t blocks = (s.channels + kPoolChannels - 1) / kPoolChannels;
  const int64_t row_step = s.dilation_h * s.src_w * s.channels, col_step = s.dilation_w * s.channels;
  for (int64_t item = begin; item < end; ++item) {
    const Window window = window_of(s, item / blocks);
    const int64_t first = item % blocks * kPoolChannels, last = first + kPoolChannels < s.channels ? first + kPoolChannels : s.channels;
    for (int64_t c = first; c < last; c += Simd::kBytes) {
      Bytes best = Simd::zero_bytes();
      for (int64_t y = 0; y < window.rows; ++y) {
        const uint8_t* src = args.src + window.first_pixel * s.channels + y * row_step + c;
        for (int64_t x = 0; x < window.cols; ++x, src += col_step) best = Simd::max_bytes(best, Simd::load_bytes(src, last - c));
      }
      Simd::store_bytes(args.dst + item / blocks * s.channels + c, best, last - c);
    }
  }
}

inline void average_pool(const AveragePoolI8Args& args, int64_t begin, int64_t end) {
  const PoolShape& s = args.shape;
  const int64_t blocks = (s.channels + kPoolChannels - 1) / kPoolChannels;
  const int64_t row_step = s.dilation_h * s.src_w * s.channels, col_step = s.dilation_w * s.channels;
  const Float lo = Simd::set(static_cast<float>(args.lo - args.dst_zero_point)),
              hi = Simd::set(static_cast<float>(args.hi - args.dst_zero_point));
  const Int zero_point = Simd::set(args.dst_zero_point);
  for (int64_t item = begin; item < end; ++item) {
    const Window window = window_of(s, item / blocks);
    const int64_t inside = window.rows * window.cols, n = args.count_padding ? window.padded_count : inside;
    const float divisor = args.dst_scale * static_cast<float>(n < 1 ? 1 : n);
    const Float m = Simd::set(args.src_scale / divisor);
    const Int start = Simd::set(static_cast<int32_t>(-inside * args.src_zero_point));
    const int64_t first = item % blocks * kPoolChannels, last = first + kPoolChannels < s.channels ? first + kPoolChannels : s.channels;
    constexpr int kVectors = kPoolChannels / Simd::kLanes;
    Int sum[kVectors];
    const int vectors = static_cast<int>((last - first + Simd::kLanes - 1) / Simd::kLanes);
    for (int v = 0; v < kVectors; ++v) sum[v] = start;
    for (int64_t y = 0; y < window.rows; ++y) {
      const uint8_t* src = args.src + window.first_pixel * s.channels + y * row_step + first;
      for (int64_t x = 0; x < window.cols; ++x, src += col_step)
        for (int v = 0; v < vectors; ++v)
          sum[v] = Simd::add(sum[v], Simd::load_codes(src + v * Simd::kLanes, last - first - v * Simd::kLanes));
    }
    for (int v = 0; v < vectors; ++v) {
      const Float scaled = Simd::mul(Simd::to_float(sum[v]), m);
      const Int codes = Simd::add(Simd::round(Simd::min(Simd::max(scaled, lo), hi)), zero_point);
      Simd::store_codes(args.dst + item / blocks * s.channels + first + v * Simd::kLanes, codes, last - first - v * Simd::kLanes);
    }
  }
}

}  // namespace
}  // namespace galet::kernels
