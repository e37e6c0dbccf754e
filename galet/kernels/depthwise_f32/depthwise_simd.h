// The float depthwise product for any Simd: the channels of one pixel stay in registers over all taps (in order ky, kx; taps in the padding
// are left out).
#pragma once

#include "galet/kernels/depthwise_f32/depthwise_args.h"

namespace galet::kernels {
namespace {

using Float = Simd::Float;

/// The window of one destination pixel.
struct Taps {
  const float* src;  // tap (0, 0), which may lie outside the map
  int64_t y0, y1, x0, x1, row_step, col_step;
};

/// V vectors of channels from c on; n of them exist.
template <int V>
inline void depthwise_vectors(const DepthwiseF32Args& args, const Taps& taps, int64_t c, int64_t n, const float* other, float* dst) {
  Float acc[V];
#pragma GCC unroll 4
  for (int v = 0; v < V; ++v)
    acc[v] = args.conv.bias == nullptr ? Simd::set(0.0f) : Simd::load(args.conv.bias + c + v * Simd::kLanes, n - v * Simd::kLanes);
  for (int64_t y = taps.y0; y < taps.y1; ++y)
    for (int64_t x = taps.x0; x < taps.x1; ++x) {
      const float* src = taps.src + y * taps.row_step + x * taps.col_step + c;
      const float* weight = static_cast<const float*>(args.conv.packed) + (y * args.shape.kernel_w + x) * args.shape.src_c + c;
#pragma GCC unroll 4
      for (int v = 0; v < V; ++v) {
        const int64_t at = v * Simd::kLanes;
        acc[v] = Simd::fma(Simd::load(src + at, n - at), Simd::load(weight + at, n - at), acc[v]);
      }
    }
  const Float lo = Simd::set(args.conv.lo), hi = Simd::set(args.conv.hi);
#pragma GCC unroll 4
  for (int v = 0; v < V; ++v) {
    const int64_t at = v * Simd::kLanes;
    if (other != nullptr) acc[v] = Simd::add(acc[v], Simd::load(other + c + at, n - at));
    Simd::store(dst + c + at, Simd::min(Simd::max(acc[v], lo), hi), n - at);
  }
}

/// Taps k in [begin, end) have 0 <= start + k * dilation < limit.
inline void clip_taps(int64_t start, int64_t taps, int64_t dilation, int64_t limit, int64_t* begin, int64_t* end) {
  *begin = start >= 0 ? 0 : (-start + dilation - 1) / dilation;
  *end = start >= limit ? 0 : (limit - start + dilation - 1) / dilation;
  if (*end > taps) *end = taps;
}

inline void depthwise_rows(const DepthwiseF32Args& args, int64_t begin, int64_t end) {
  const ConvShape& s = args.shape;
  const int64_t pixel = s.src_stride == 0 ? s.src_c : s.src_stride, dst_pixel = s.dst_stride == 0 ? s.dst_c : s.dst_stride;
  const int64_t other_pixel = args.conv.other_stride == 0 ? s.dst_c : args.conv.other_stride;
  Taps taps;
  taps.row_step = s.dilation_h * s.src_w * pixel;
  taps.col_step = s.dilation_w * pixel;
  for (int64_t item = begin; item < end; ++item) {
    const int64_t top = item % s.dst_h * s.stride_h - s.pad_top;
    clip_taps(top, s.kernel_h, s.dilation_h, s.src_h, &taps.y0, &taps.y1);
    for (int64_t ox = 0; ox < s.dst_w; ++ox) {
      const int64_t left = ox * s.stride_w - s.pad_left, at = item * s.dst_w + ox;
      clip_taps(left, s.kernel_w, s.dilation_w, s.src_w, &taps.x0, &taps.x1);
      taps.src = args.conv.src + ((item / s.dst_h * s.src_h + top) * s.src_w + left) * pixel;
      const float* other = args.conv.other == nullptr ? nullptr : args.conv.other + at * other_pixel;
      float* dst = args.conv.dst + at * dst_pixel;
      int64_t c = 0;
      for (; c + 4 * Simd::kLanes <= s.src_c; c += 4 * Simd::kLanes) depthwise_vectors<4>(args, taps, c, 4 * Simd::kLanes, other, dst);
      for (; c < s.src_c; c += Simd::kLanes) depthwise_vectors<1>(args, taps, c, s.src_c - c, other, dst);
    }
  }
}

}  // namespace
}  // namespace galet::kernels
