#include "galet/kernels/resize/resize.h"

#include <algorithm>
#include <cstring>

#include "galet/kernels/reference/arithmetic.h"

namespace galet::kernels {
namespace {

/// Calls store(dst index, weighted sum of value(src index)) for every element of rows [begin, end).
template <typename Args, typename Value, typename Store>
void linear_rows(const Args& args, int64_t begin, int64_t end, Value&& value, Store&& store) {
  for (int64_t item = begin; item < end; ++item) {
    const int64_t image = item / args.dst_h, i = item % args.dst_h;
    const int64_t line0 = (image * args.src_h + args.y.first[i]) * args.src_w, line1 = (image * args.src_h + args.y.second[i]) * args.src_w;
    for (int64_t j = 0; j < args.dst_w; ++j) {
      const float w00 = args.y.weight0[i] * args.x.weight0[j], w01 = args.y.weight0[i] * args.x.weight1[j];
      const float w10 = args.y.weight1[i] * args.x.weight0[j], w11 = args.y.weight1[i] * args.x.weight1[j];
      const int64_t p00 = (line0 + args.x.first[j]) * args.channels, p01 = (line0 + args.x.second[j]) * args.channels;
      const int64_t p10 = (line1 + args.x.first[j]) * args.channels, p11 = (line1 + args.x.second[j]) * args.channels;
      const int64_t at = (item * args.dst_w + j) * args.channels;
      for (int64_t c = 0; c < args.channels; ++c) {
        float sum = w00 * value(p00 + c);
        sum += w01 * value(p01 + c);
        sum += w10 * value(p10 + c);
        sum += w11 * value(p11 + c);
        store(at + c, sum);
      }
    }
  }
}

}  // namespace

void nearest_resize(const NearestResizeArgs& args, int64_t begin, int64_t end) noexcept {
  for (int64_t item = begin; item < end; ++item) {
    const uint8_t* line = static_cast<const uint8_t*>(args.src) +
                          (item / args.dst_h * args.src_h + args.y[item % args.dst_h]) * args.src_w * args.pixel_bytes;
    uint8_t* dst = static_cast<uint8_t*>(args.dst) + item * args.dst_w * args.pixel_bytes;
    for (int64_t j = 0; j < args.dst_w; ++j)
      std::memcpy(dst + j * args.pixel_bytes, line + args.x[j] * args.pixel_bytes, static_cast<size_t>(args.pixel_bytes));
  }
}

void linear_resize_i8(const LinearResizeI8Args& args, int64_t begin, int64_t end) noexcept {
  linear_rows(
      args, begin, end, [&](int64_t at) { return static_cast<float>(args.src[at] - args.src_zero_point); },
      [&](int64_t at, float x) { args.dst[at] = round_code(x * args.m, args.dst_zero_point, 0, 255); });
}

void linear_resize_f32(const LinearResizeF32Args& args, int64_t begin, int64_t end) noexcept {
  linear_rows(
      args, begin, end, [&](int64_t at) { return args.src[at]; }, [&](int64_t at, float x) { args.dst[at] = x; });
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
