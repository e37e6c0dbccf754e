// The plain C++ rows of the transposes: small tiles, so that both sides stay in cache.
#include "galet/kernels/layout/transpose.h"

#include <algorithm>

#include "galet/kernels/reference/arithmetic.h"

namespace galet::kernels {
namespace {

/// Calls element(src index, dst index) for rows [begin, end) of dst, tile by tile.
template <typename F>
void for_tiles(int64_t rows, int64_t cols, int64_t begin, int64_t end, F&& element) {
  constexpr int64_t kTile = 16;
  for (int64_t item = begin; item < end;) {
    const int64_t image = item / cols, c0 = item % cols;
    const int64_t c1 = std::min({c0 + kTile, cols, c0 + end - item});
    const int64_t base = image * rows * cols;
    for (int64_t r0 = 0; r0 < rows; r0 += kTile)
      for (int64_t c = c0; c < c1; ++c)
        for (int64_t r = r0; r < std::min(r0 + kTile, rows); ++r) element(base + r * cols + c, base + c * rows + r);
    item += c1 - c0;
  }
}

}  // namespace

void transpose_u8u8__reference(const TransposeU8Args& args, int64_t begin, int64_t end) noexcept {
  for_tiles(args.rows, args.cols, begin, end, [&](int64_t from, int64_t to) { args.dst[to] = args.src[from]; });
}

void transpose_f32f32__reference(const TransposeF32Args& args, int64_t begin, int64_t end) noexcept {
  for_tiles(args.rows, args.cols, begin, end, [&](int64_t from, int64_t to) { args.dst[to] = args.src[from]; });
}

void quantize_transpose_f32u8__reference(const QuantizeTransposeArgs& args, int64_t begin, int64_t end) noexcept {
  for_tiles(args.rows, args.cols, begin, end,
            [&](int64_t from, int64_t to) { args.dst[to] = quantize(args.src[from], args.scale, args.zero_point); });
}

}  // namespace galet::kernels
