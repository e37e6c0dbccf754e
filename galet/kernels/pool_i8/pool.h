// Max and average pooling of 8-bit codes, NHWC. Items of both: (pixel, block of kPoolChannels channels), block fastest; see pool_items.
#pragma once

#include <cstdint>

namespace galet::kernels {

constexpr int64_t kPoolChannels = 64;

struct PoolShape {
  int64_t batch = 1;
  int64_t src_h = 1, src_w = 1, channels = 1;
  int64_t dst_h = 1, dst_w = 1;
  int64_t kernel_h = 1, kernel_w = 1;  // the whole map for a global pool
  int64_t stride_h = 1, stride_w = 1;
  int64_t dilation_h = 1, dilation_w = 1;
  int64_t pad_top = 0, pad_left = 0, pad_bottom = 0, pad_right = 0;
};

/// batch * dst_h * dst_w * ceil(channels / kPoolChannels).
int64_t pool_items(const PoolShape& shape);

/// Greatest code of the window inside the map; 0 where the window lies wholly outside.
struct MaxPoolI8Args {
  PoolShape shape;
  const uint8_t* src;  // (batch, src_h, src_w, channels)
  uint8_t* dst;        // (batch, dst_h, dst_w, channels)
};
using MaxPoolI8Fn = void(const MaxPoolI8Args& args, int64_t begin, int64_t end) noexcept;

/// m = src_scale / (dst_scale * float(n)); q = clamp(rhe(float(sum(src - src_zero_point)) * m) + dst_zero_point, lo, hi).
/// n counts the positions of the window inside the map, or inside map and padding where count_padding. An empty window gives
/// dst_zero_point, clamped.
struct AveragePoolI8Args {
  PoolShape shape;
  const uint8_t* src;
  uint8_t* dst;
  float src_scale, dst_scale;
  int32_t src_zero_point, dst_zero_point, lo, hi;
  bool count_padding;
};
using AveragePoolI8Fn = void(const AveragePoolI8Args& args, int64_t begin, int64_t end) noexcept;

}  // namespace galet::kernels
