// The plain C++ rows of pool_i8.
#include "galet/kernels/pool_i8/pool.h"

#include <algorithm>

#include "galet/kernels/reference/arithmetic.h"

namespace galet::kernels {
namespace {
#include "galet/kernels/pool_i8/window.h"
}

int64_t pool_items(const PoolShape& shape) {
  return shape.batch * shape.dst_h * shape.dst_w * ((shape.channels + kPoolChannels - 1) / kPoolChannels);
}

void max_pool_u8u8__reference(const MaxPoolI8Args& args, int64_t begin, int64_t end) noexcept {
  const PoolShape& s = args.shape;
  const int64_t blocks = (s.channels + kPoolChannels - 1) / kPoolChannels;
  for (int64_t item = begin; item < end; ++item) {
    const Window window = window_of(s, item / blocks);
    const int64_t first = item % blocks * kPoolChannels;
    for (int64_t c = first; c < std::min(first + kPoolChannels, s.channels); ++c) {
      uint8_t q = 0;
      for (int64_t y = 0; y < window.rows; ++y)
        for (int64_t x = 0; x < window.cols; ++x)
          q = std::max(q, args.src[(window.first_pixel + y * s.dilation_h * s.src_w + x * s.dilation_w) * s.channels + c]);
      args.dst[item / blocks * s.channels + c] = q;
    }
  }
}

void average_pool_u8u8__reference(const AveragePoolI8Args& args, int64_t begin, int64_t end) noexcept {
  const PoolShape& s = args.shape;
  const int64_t blocks = (s.channels + kPoolChannels - 1) / kPoolChannels;
  for (int64_t item = begin; item < end; ++item) {
    const Window window = window_of(s, item / blocks);
    const int64_t n = args.count_padding ? window.padded_count : window.rows * window.cols;
    const float divisor = args.dst_scale * static_cast<float>(std::max<int64_t>(n, 1));
    const float m = args.src_scale / divisor;
    const int64_t first = item % blocks * kPoolChannels;
    for (int64_t c = first; c < std::min(first + kPoolChannels, s.channels); ++c) {
      int32_t sum = 0;
      for (int64_t y = 0; y < window.rows; ++y)
        for (int64_t x = 0; x < window.cols; ++x)
          sum += args.src[(window.first_pixel + y * s.dilation_h * s.src_w + x * s.dilation_w) * s.channels + c] - args.src_zero_point;
      args.dst[item / blocks * s.channels + c] = requantize(sum, m, args.dst_zero_point, args.lo, args.hi);
    }
  }
}

}  // namespace galet::kernels
