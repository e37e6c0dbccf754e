// Random convolution problems for tests.
#pragma once

#include "galet/kernels/conv_shape.h"
#include "galet/kernels/guarded.h"
#include "galet/kernels/indirection.h"

namespace galet::kernels {

/// Every feature of ConvShape, small sizes. depthwise: one filter a channel.
inline ConvShape random_conv_shape(Random& random, bool depthwise) {
  for (;;) {
    ConvShape s;
    s.batch = between(random, 1, 2);
    s.transposed = !depthwise && random.below(6) == 0;
    s.kernel_h = pick<int64_t>(random, {1, 1, 2, 3, 3, 5});
    s.kernel_w = random.below(4) == 0 ? between(random, 1, 4) : s.kernel_h;
    s.stride_h = between(random, 1, 2);
    s.stride_w = random.below(5) == 0 ? between(random, 1, 3) : s.stride_h;
    s.dilation_h = random.below(4) == 0 ? 2 : 1;
    s.dilation_w = random.below(4) == 0 ? between(random, 1, 3) : s.dilation_h;
    s.pad_top = between(random, 0, s.kernel_h - 1);
    s.pad_left = between(random, 0, s.kernel_w - 1);
    const int64_t pad_bottom = between(random, 0, s.kernel_h - 1), pad_right = between(random, 0, s.kernel_w - 1);
    s.src_h = between(random, 1, 9);
    s.src_w = between(random, 1, 14);
    const int64_t reach_h = (s.kernel_h - 1) * s.dilation_h, reach_w = (s.kernel_w - 1) * s.dilation_w;
    if (s.transposed) {
      s.dst_h = (s.src_h - 1) * s.stride_h + reach_h + 1 - s.pad_top - pad_bottom;
      s.dst_w = (s.src_w - 1) * s.stride_w + reach_w + 1 - s.pad_left - pad_right;
    } else {
      s.dst_h = (s.src_h + s.pad_top + pad_bottom - reach_h - 1) / s.stride_h + 1;
      s.dst_w = (s.src_w + s.pad_left + pad_right - reach_w - 1) / s.stride_w + 1;
      if (s.src_h + s.pad_top + pad_bottom <= reach_h || s.src_w + s.pad_left + pad_right <= reach_w) continue;
    }
    if (s.dst_h < 1 || s.dst_w < 1) continue;
    if (depthwise) {
      s.groups = s.src_c = s.dst_c = pick<int64_t>(random, {2, 3, 8, 16, 17, 31, 32, 33, 48, 64, 65, 72, 96, 130});
    } else {
      s.groups = pick<int64_t>(random, {1, 1, 1, 1, 2, 3});
      s.src_c = s.groups * pick<int64_t>(random, {1, 2, 3, 4, 5, 8, 12, 16, 17, 32, 33, 36, 64});
      s.dst_c = s.groups * pick<int64_t>(random, {1, 3, 8, 10, 16, 17, 32, 40, 48, 63, 64, 70, 80, 130});
    }
    if (random.below(4) == 0) s.src_stride = s.src_c + between(random, 1, 20);
    if (random.below(4) == 0) s.dst_stride = s.dst_c + between(random, 1, 20);
    return s;
  }
}

inline int64_t src_stride(const ConvShape& s) { return s.src_stride == 0 ? s.src_c : s.src_stride; }
inline int64_t dst_stride(const ConvShape& s) { return s.dst_stride == 0 ? s.dst_c : s.dst_stride; }
/// Elements from the first of a tensor to its last, strides included.
inline int64_t src_extent(const ConvShape& s) { return (s.batch * s.src_h * s.src_w - 1) * src_stride(s) + s.src_c; }
inline int64_t dst_extent(const ConvShape& s) { return (s.batch * s.dst_h * s.dst_w - 1) * dst_stride(s) + s.dst_c; }
inline int64_t weight_count(const ConvShape& s) { return s.src_c * s.dst_c / s.groups * s.kernel_h * s.kernel_w; }

/// Sets blocks of 16 x 4 (counted in each group, at one tap) to zero, so many in 16; or single weights.
template <typename T>
void prune_weights(Random& random, const ConvShape& s, T* weight) {
  const uint64_t zeros = pick<uint64_t>(random, {0, 4, 8, 12, 15, 16});
  const bool single = random.below(4) == 0;
  const int64_t out = s.dst_c / s.groups, in = s.src_c / s.groups;
  std::vector<bool> gone(static_cast<size_t>(weight_count(s)));
  for (auto&& g : gone) g = random.below(16) < zeros;
  for (int64_t o = 0; o < s.dst_c; ++o)
    for (int64_t i = 0; i < in; ++i)
      for (int64_t y = 0; y < s.kernel_h; ++y)
        for (int64_t x = 0; x < s.kernel_w; ++x) {
          const int64_t at = weight_index(s, o, i, y, x);
          const int64_t block = weight_index(s, o / out * out + o % out / 16 * 16, i / 4 * 4, y, x);
          if (gone[static_cast<size_t>(single ? at : block)]) weight[at] = T{0};
        }
}

}  // namespace galet::kernels
