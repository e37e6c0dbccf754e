// Resize and pad of NHWC maps. The caller computes the coordinate maps (all of ONNX's modes), so that the kernels know no modes.
#pragma once

#include <cstdint>

namespace galet::kernels {

/// Items: rows of the destination (batch * dst_h). Copies pixel (y[i], x[j]) to (i, j). Any element type: pixel_bytes = channels * size.
struct NearestResizeArgs {
  const void* src;  // (batch, src_h, src_w, pixel)
  void* dst;        // (batch, dst_h, dst_w, pixel)
  int64_t src_h, src_w, dst_h, dst_w, pixel_bytes;
  const int32_t* y;  // dst_h source rows
  const int32_t* x;  // dst_w source columns
};
void nearest_resize(const NearestResizeArgs& args, int64_t begin, int64_t end) noexcept;

/// One axis of a resampling (linear, cubic, antialiased): position i is the sum over k < taps, in this order and starting from 0, of
/// weight[i * taps + k] * src[index[i * taps + k]]. A null weight: position i is src[i].
struct ResampleAxis {
  int64_t taps = 1;
  const int64_t* index = nullptr;
  const float* weight = nullptr;
};

/// Items: rows of the destination (batch * dst_h). Height first, then width, in float, on v = float(q - src_zero_point);
/// then q = clamp(rhe(x * m) + dst_zero_point, lo, hi) with m = s_src / s_dst.
struct ResampleI8Args {
  const uint8_t* src;  // (batch, src_h, src_w, channels)
  uint8_t* dst;        // (batch, dst_h, dst_w, channels)
  int64_t src_h, src_w, dst_h, dst_w, channels;
  ResampleAxis y, x;
  int32_t src_zero_point, dst_zero_point, lo, hi;
  float m;
};
using ResampleI8Fn = void(const ResampleI8Args& args, int64_t begin, int64_t end) noexcept;

/// The same sums with v the element itself.
struct ResampleF32Args {
  const float* src;
  float* dst;
  int64_t src_h, src_w, dst_h, dst_w, channels;
  ResampleAxis y, x;
};
using ResampleF32Fn = void(const ResampleF32Args& args, int64_t begin, int64_t end) noexcept;

/// Items: rows of the destination (batch * dst_h). Constant padding of height and width; negative pads crop.
struct PadArgs {
  const void* src;  // (batch, src_h, src_w, pixel)
  void* dst;        // (batch, dst_h, dst_w, pixel)
  int64_t src_h, src_w, dst_h, dst_w, channels, element_bytes;
  int64_t top, left;
  const void* value;  // one element
};
void pad(const PadArgs& args, int64_t begin, int64_t end) noexcept;

}  // namespace galet::kernels
