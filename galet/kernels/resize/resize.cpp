#include "galet/kernels/resize/resize.h"

#include <algorithm>
#include <cstring>

namespace galet::kernels {
void nearest_resize(const NearestResizeArgs& args, int64_t begin, int64_t end) noexcept {
  for (int64_t item = begin; item < end; ++item) {
    const uint8_t* line = static_cast<const uint8_t*>(args.src) +
                          (item / args.dst_h * args.src_h + args.y[item % args.dst_h]) * args.src_w * args.pixel_bytes;
    uint8_t* dst = static_cast<uint8_t*>(args.dst) + item * args.dst_w * args.pixel_bytes;
    for (int64_t j = 0; j < args.dst_w; ++j)
      std::memcpy(dst + j * args.pixel_bytes, line + args.x[j] * args.pixel_bytes, static_cast<size_t>(args.pixel_bytes));
  }
}

void pad(const PadArgs& args, int64_t begin, int64_t end) noexcept {
  const int64_t pixel = args.channels * args.element_bytes;
  const auto fill = [&](uint8_t* dst, int64_t pixels) {
    for (int64_t i = 0; i < pixels * args.channels; ++i)
      std::memcpy(dst + i * args.element_bytes, args.value, static_cast<size_t>(args.element_bytes));
  };
  for (int64_t item = begin; item < end; ++item) {
    uint8_t* dst = static_cast<uint8_t*>(args.dst) + item * args.dst_w * pixel;
    const int64_t iy = item % args.dst_h - args.top;
    if (iy < 0 || iy >= args.src_h) {
      fill(dst, args.dst_w);
      continue;
    }
    const int64_t first = std::clamp<int64_t>(args.left, 0, args.dst_w);  // columns [first, last) come from the source
    const int64_t last = std::clamp<int64_t>(args.left + args.src_w, first, args.dst_w);
    const uint8_t* line = static_cast<const uint8_t*>(args.src) + (item / args.dst_h * args.src_h + iy) * args.src_w * pixel;
    fill(dst, first);
    std::memcpy(dst + first * pixel, line + (first - args.left) * pixel, static_cast<size_t>((last - first) * pixel));
    fill(dst + last * pixel, args.dst_w - last);
  }
}

}  // namespace galet::kernels
