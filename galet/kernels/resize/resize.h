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

/// One axis of a linear resize: position i reads weight0[i] of first[i] and weight1[i] of second[i].
struct LinearAxis {
  const int32_t* first;
  const int32_t* second;
  const float* weight0;
  const float* weight1;
};

/// Items: rows of the destination. x = (wy0*wx0)*v00 + (wy0*wx1)*v01 + (wy1*wx0)*v10 + (wy1*wx1)*v11, summed in this order, v = float(q -
/// src_zero_point); then q = clamp(rhe(x * m) + dst_zero_point, 0, 255) with m = s_src / s_dst.
struct LinearResizeI8Args {
  const uint8_t* src;
  uint8_t* dst;
  int64_t src_h, src_w, dst_h, dst_w, channels;
  LinearAxis y, x;
  int32_t src_zero_point, dst_zero_point;
  float m;
};
void linear_resize_i8(const LinearResizeI8Args& args, int64_t begin, int64_t end) noexcept;

/// Items: rows of the destination. The same sum with v the element itself.
struct LinearResizeF32Args {
  const float* src;
  float* dst;
  int64_t src_h, src_w, dst_h, dst_w, channels;
  LinearAxis y, x;
};
void linear_resize_f32(const LinearResizeF32Args& args, int64_t begin, int64_t end) noexcept;

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
