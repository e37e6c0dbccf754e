// Averages are summed in 16 bits as long as nothing can overflow (256 codes), then in 32.
#include "galet/kernels/simd/neon.h"
// The generic code below is written in terms of Simd.
#include "galet/kernels/pool_i8/pool_simd.h"

namespace galet::kernels {
namespace {

constexpr int kBlocks = kPoolChannels / Simd::kBytes;

/// Sums of up to kPoolChannels channels of a window, B vectors of 16; n channels exist.
template <int B>
inline void window_sums(const AveragePoolI8Args& args, const Window& window, int64_t first, int64_t n, uint32_t* sums) {
  const PoolShape& s = args.shape;
  const int64_t row_step = s.dilation_h * s.src_w * s.channels, col_step = s.dilation_w * s.channels;
  uint16x8_t low[B], high[B];
  uint32x4_t total[B][4];
#pragma GCC unroll 4
  for (int b = 0; b < B; ++b) {
    low[b] = high[b] = vdupq_n_u16(0);
    for (int j = 0; j < 4; ++j) total[b][j] = vdupq_n_u32(0);
  }
  const auto flush = [&] {
#pragma GCC unroll 4
    for (int b = 0; b < B; ++b) {
      total[b][0] = vaddw_u16(total[b][0], vget_low_u16(low[b]));
      total[b][1] = vaddw_high_u16(total[b][1], low[b]);
      total[b][2] = vaddw_u16(total[b][2], vget_low_u16(high[b]));
      total[b][3] = vaddw_high_u16(total[b][3], high[b]);
      low[b] = high[b] = vdupq_n_u16(0);
    }
  };
  int room = 256;
  for (int64_t y = 0; y < window.rows; ++y) {
    const uint8_t* src = args.src + window.first_pixel * s.channels + y * row_step + first;
    for (int64_t x = 0; x < window.cols; ++x, src += col_step) {
#pragma GCC unroll 4
      for (int b = 0; b < B; ++b) {
        const Bytes codes = Simd::load_bytes(src + b * Simd::kBytes, B > 1 ? Simd::kBytes : n);
        low[b] = vaddw_u8(low[b], vget_low_u8(codes));
        high[b] = vaddw_high_u8(high[b], codes);
      }
      if (--room > 0) continue;
      flush();
      room = 256;
    }
  }
  flush();
#pragma GCC unroll 4
  for (int b = 0; b < B; ++b)
    for (int j = 0; j < 4; ++j) vst1q_u32(sums + b * Simd::kBytes + 4 * j, total[b][j]);
}

inline void average_pool_items(const AveragePoolI8Args& args, int64_t begin, int64_t end) {
  const PoolShape& s = args.shape;
  const int64_t blocks = (s.channels + kPoolChannels - 1) / kPoolChannels;
  const Float lo = Simd::set(static_cast<float>(args.lo - args.dst_zero_point)),
              hi = Simd::set(static_cast<float>(args.hi - args.dst_zero_point));
  const Simd::Words zero_point = Simd::set_words(args.dst_zero_point);
  uint32_t sums[kPoolChannels];
  for (int64_t item = begin; item < end; ++item) {
    const Window window = window_of(s, item / blocks);
    const int64_t inside = window.rows * window.cols, count = args.count_padding ? window.padded_count : inside;
    const float divisor = args.dst_scale * static_cast<float>(count < 1 ? 1 : count);
    const Float m = Simd::set(args.src_scale / divisor);
    const Int start = Simd::set(static_cast<int32_t>(-inside * args.src_zero_point));
    const int64_t first = item % blocks * kPoolChannels, n = s.channels - first < kPoolChannels ? s.channels - first : kPoolChannels;
    if (n == kPoolChannels)
      window_sums<kBlocks>(args, window, first, n, sums);
    else
      for (int64_t c = 0; c < n; c += Simd::kBytes) window_sums<1>(args, window, first + c, n - c, sums + c);
    uint8_t* dst = args.dst + item / blocks * s.channels + first;
    for (int64_t c = 0; c < n; c += Simd::kBytes) {
      const auto lanes = [&](int64_t at) {
        const Float scaled = Simd::mul(Simd::to_float(Simd::add(vreinterpretq_s32_u32(vld1q_u32(sums + at)), start)), m);
        return Simd::round(Simd::min(Simd::max(scaled, lo), hi));
      };
      Simd::store_bytes(dst + c, Simd::pack(lanes(c), lanes(c + 4), lanes(c + 8), lanes(c + 12), zero_point), n - c);
    }
  }
}

}  // namespace

void max_pool_u8u8__neon_16(const MaxPoolI8Args& args, int64_t begin, int64_t end) noexcept { max_pool(args, begin, end); }
void average_pool_u8u8__neon_64(const AveragePoolI8Args& args, int64_t begin, int64_t end) noexcept {
  average_pool_items(args, begin, end);
}

}  // namespace galet::kernels
