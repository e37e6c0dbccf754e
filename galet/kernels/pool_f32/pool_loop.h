// The float pooling loops as plain C++ that compilers vectorise; each instruction set's file includes them into its anonymous namespace.
#include "galet/kernels/pool_i8/window.h"

inline void max_pool_items(const MaxPoolF32Args& args, int64_t begin, int64_t end) {
  const PoolShape& s = args.shape;
  const int64_t blocks = (s.channels + kPoolChannels - 1) / kPoolChannels;
  for (int64_t item = begin; item < end; ++item) {
    const Window window = window_of(s, item / blocks);
    const int64_t first = item % blocks * kPoolChannels, n = s.channels - first < kPoolChannels ? s.channels - first : kPoolChannels;
    float best[kPoolChannels];
    for (int64_t c = 0; c < n; ++c) best[c] = -__builtin_inff();
    for (int64_t y = 0; y < window.rows; ++y)
      for (int64_t x = 0; x < window.cols; ++x) {
        const float* src = args.src + (window.first_pixel + y * s.dilation_h * s.src_w + x * s.dilation_w) * s.channels + first;
        for (int64_t c = 0; c < n; ++c) best[c] = src[c] > best[c] ? src[c] : best[c];
      }
    float* dst = args.dst + item / blocks * s.channels + first;
    for (int64_t c = 0; c < n; ++c) dst[c] = best[c];
  }
}

inline void average_pool_items(const AveragePoolF32Args& args, int64_t begin, int64_t end) {
  const PoolShape& s = args.shape;
  const int64_t blocks = (s.channels + kPoolChannels - 1) / kPoolChannels;
  for (int64_t item = begin; item < end; ++item) {
    const Window window = window_of(s, item / blocks);
    const int64_t count = args.count_padding ? window.padded_count : window.rows * window.cols;
    const float divisor = static_cast<float>(count < 1 ? 1 : count);
    const int64_t first = item % blocks * kPoolChannels, n = s.channels - first < kPoolChannels ? s.channels - first : kPoolChannels;
    float sum[kPoolChannels];
    for (int64_t c = 0; c < n; ++c) sum[c] = 0.0f;
    for (int64_t y = 0; y < window.rows; ++y)
      for (int64_t x = 0; x < window.cols; ++x) {
        const float* src = args.src + (window.first_pixel + y * s.dilation_h * s.src_w + x * s.dilation_w) * s.channels + first;
        for (int64_t c = 0; c < n; ++c) sum[c] += src[c];
      }
    float* dst = args.dst + item / blocks * s.channels + first;
    for (int64_t c = 0; c < n; ++c) dst[c] = sum[c] / divisor;
  }
}
