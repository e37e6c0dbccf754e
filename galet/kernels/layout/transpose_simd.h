// Transposes for any Simd. Few rows (an image's channels) and many columns: the quantization is vectorised along columns, the interleaving
// too where there are three rows.
#pragma once

#include "galet/kernels/layout/transpose.h"

namespace galet::kernels {
namespace {

constexpr int64_t kTile = 256;

/// Calls tile(image, first column, columns) for rows [begin, end) of the destination.
template <typename Tile>
inline void for_column_tiles(int64_t cols, int64_t begin, int64_t end, Tile tile) {
  for (int64_t item = begin; item < end;) {
    const int64_t image = item / cols, c0 = item % cols;
    int64_t n = cols - c0 < end - item ? cols - c0 : end - item;
    n = n < kTile ? n : kTile;
    tile(image, c0, n);
    item += n;
  }
}

inline void quantize_transpose(const QuantizeTransposeArgs& args, int64_t begin, int64_t end) {
  using Int = Simd::Int;
  using Float = Simd::Float;
  using Bytes = Simd::Bytes;
  const Float divisor = Simd::set(args.scale);
  const Float lo = Simd::set(static_cast<float>(-args.zero_point)), hi = Simd::set(static_cast<float>(255 - args.zero_point));
  const Int zero_point = Simd::set(args.zero_point);
  const auto codes_of = [&](const float* src, int64_t n) {
    const Float x = Simd::zero_nan(Simd::div(Simd::load(src, n), divisor));
    return Simd::add(Simd::round(Simd::min(Simd::max(x, lo), hi)), zero_point);
  };
  for_column_tiles(args.cols, begin, end, [&](int64_t image, int64_t c0, int64_t n) {
    if (args.rows == 3) {  // a picture
      const float* src = args.src + image * 3 * args.cols + c0;
      uint8_t* dst = args.dst + (image * args.cols + c0) * 3;
      for (int64_t c = 0; c < n; c += Simd::kLanes) {
        const Bytes pixels =
            Simd::pixels(codes_of(src + c, n - c), codes_of(src + args.cols + c, n - c), codes_of(src + 2 * args.cols + c, n - c));
        Simd::store_bytes(dst + 3 * c, pixels, 3 * (n - c < Simd::kLanes ? n - c : Simd::kLanes));
      }
      return;
    }
    uint8_t codes[16 * kTile];
    for (int64_t r0 = 0; r0 < args.rows; r0 += 16) {
      const int64_t count = args.rows - r0 < 16 ? args.rows - r0 : 16;
      for (int64_t r = 0; r < count; ++r) {
        const float* src = args.src + (image * args.rows + r0 + r) * args.cols + c0;
        for (int64_t c = 0; c < n; c += Simd::kLanes) Simd::store_codes(codes + r * kTile + c, codes_of(src + c, n - c), n - c);
      }
      uint8_t* dst = args.dst + (image * args.cols + c0) * args.rows + r0;
      for (int64_t c = 0; c < n; ++c)
        for (int64_t r = 0; r < count; ++r) dst[c * args.rows + r] = codes[r * kTile + c];
    }
  });
}

}  // namespace
}  // namespace galet::kernels
