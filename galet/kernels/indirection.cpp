#include "galet/kernels/indirection.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace galet::kernels {
namespace {

constexpr int64_t kTailPixels =
    4;  // a tap over-reads its pixel by at most 3 bytes, so at most that many pixels at the end of a tensor need a copy

int64_t round_up(int64_t value, int64_t multiple) { return (value + multiple - 1) / multiple * multiple; }

/// The p of [0, count) for which ix + p * stride lies in [0, width): [first, last).
std::pair<int64_t, int64_t> inside_range(int64_t ix, int64_t stride, int64_t width, int64_t count) {
  if (stride == 1) {  // divisions take longer than the rest
    const int64_t first = std::min(std::max<int64_t>(-ix, 0), count);
    return {first, std::clamp(width - ix, first, count)};
  }
  const int64_t first = ix >= 0 ? 0 : (-ix + stride - 1) / stride;
  const int64_t last = ix >= width ? 0 : (width - ix + stride - 1) / stride;
  return {std::min(first, count), std::clamp(last, std::min(first, count), count)};
}

/// rows[p] = first + p * step, two to a store.
void fill_line(const uint8_t** rows, int64_t count, const uint8_t* first, int64_t step) {
  using Pair = uintptr_t __attribute__((vector_size(2 * sizeof(uintptr_t))));
  const auto address = reinterpret_cast<uintptr_t>(first), one = static_cast<uintptr_t>(step);
  Pair two{address, address + one};
  const Pair next{2 * one, 2 * one};
  int64_t p = 0;
  for (; p + 2 <= count; p += 2, two += next) std::memcpy(rows + p, &two, sizeof two);
  if (p < count) rows[p] = first + p * step;
}

int64_t pixel_elements(const ConvShape& shape) { return shape.src_stride == 0 ? shape.src_c : shape.src_stride; }

}  // namespace

Indirection plan_indirection(const ConvShape& shape, int64_t element_bytes) {
  Indirection plan;
  plan.element_bytes = element_bytes;
  plan.merged = shape.groups == 1 && !shape.transposed && shape.dilation_w == 1 && shape.kernel_w > 1 && shape.src_c < 32 &&
                pixel_elements(shape) == shape.src_c;
  plan.taps = plan.merged ? shape.kernel_h : shape.kernel_h * shape.kernel_w;
  const int64_t elements = plan.merged ? shape.kernel_w * shape.src_c : shape.src_c / shape.groups;
  plan.tap_bytes = round_up(elements * element_bytes, 4);
  plan.tap_elements = plan.tap_bytes / element_bytes;
  plan.slot_bytes = round_up(plan.merged ? plan.tap_bytes : shape.src_c * element_bytes + 3, 16);
  return plan;
}

size_t IndirectionBuilder::scratch_bytes(const ConvShape& shape, const Indirection& plan) {
  (void)shape;
  const int64_t slots = plan.merged ? kPanelPixels * plan.taps : kTailPixels;
  return static_cast<size_t>(kPanelPixels * plan.taps * 8 + (slots + 1) * plan.slot_bytes);
}

IndirectionBuilder::IndirectionBuilder(const ConvShape& shape, const Indirection& plan, const void* src, uint8_t pad_byte,
                                       void* scratch) noexcept
    : shape_(shape), plan_(plan), src_(static_cast<const uint8_t*>(src)), pad_byte_(pad_byte) {
  pixel_bytes_ = pixel_elements(shape) * plan.element_bytes;
  rows_ = static_cast<const uint8_t**>(scratch);
  zero_row_ = static_cast<uint8_t*>(scratch) + kPanelPixels * plan.taps * 8;
  slots_ = zero_row_ + plan.slot_bytes;
  std::memset(zero_row_, pad_byte, static_cast<size_t>(plan.slot_bytes));

  const int64_t pixels = shape.batch * shape.src_h * shape.src_w;
  const int64_t used = plan.merged ? shape.kernel_w * shape.src_c * plan.element_bytes : shape.src_c / shape.groups * plan.element_bytes;
  const int64_t over_read = plan.tap_bytes - used;
  safe_pixels_ = over_read == 0 ? pixels : pixels - (over_read + pixel_bytes_ - 1) / pixel_bytes_;
  if (plan.merged) return;
  for (int64_t pixel = std::max<int64_t>(safe_pixels_, 0); pixel < pixels; ++pixel) {
    uint8_t* slot = slots_ + (pixels - 1 - pixel) * plan.slot_bytes;
    std::memset(slot, 0, static_cast<size_t>(plan.slot_bytes));
    std::memcpy(slot, src_ + pixel * pixel_bytes_, static_cast<size_t>(shape.src_c * plan.element_bytes));
  }
}

void IndirectionBuilder::build(int64_t begin, int64_t count) noexcept {
  used_slots_ = 0;
  int64_t image = begin / (shape_.dst_h * shape_.dst_w), oy = begin / shape_.dst_w % shape_.dst_h, ox = begin % shape_.dst_w;
  for (int64_t i = 0; i < count;) {
    const int64_t segment = std::min(count - i, shape_.dst_w - ox);
    build_segment(i, segment, image, oy, ox);
    i += segment;
    ox = 0;
    if (++oy == shape_.dst_h) oy = 0, ++image;
  }
}

void IndirectionBuilder::build_segment(int64_t i, int64_t count, int64_t image, int64_t oy, int64_t ox) noexcept {
  const ConvShape& s = shape_;
  const int64_t pixels = s.batch * s.src_h * s.src_w;
  for (int64_t ky = 0; ky < s.kernel_h; ++ky) {
    int64_t iy = s.transposed ? oy + s.pad_top - ky * s.dilation_h : oy * s.stride_h - s.pad_top + ky * s.dilation_h;
    bool inside = iy >= 0;
    if (s.transposed) {
      inside = inside && iy % s.stride_h == 0;
      iy /= s.stride_h;
    }
    inside = inside && iy < s.src_h;
    const int64_t line_pixel = (image * s.src_h + iy) * s.src_w;
    if (plan_.merged) {
      const uint8_t** rows = rows_ + ky * kPanelPixels + i;
      if (inside)
        merged_tap(rows, count, src_ + line_pixel * pixel_bytes_, ox);
      else
        std::fill(rows, rows + count, zero_row_);
      continue;
    }
    for (int64_t kx = 0; kx < s.kernel_w; ++kx) {
      const uint8_t** rows = rows_ + (ky * s.kernel_w + kx) * kPanelPixels + i;
      if (!inside) {
        std::fill(rows, rows + count, zero_row_);
      } else if (s.transposed) {
        for (int64_t p = 0; p < count; ++p) {
          const int64_t x = ox + p + s.pad_left - kx * s.dilation_w;
          rows[p] =
              x >= 0 && x % s.stride_w == 0 && x / s.stride_w < s.src_w ? src_ + (line_pixel + x / s.stride_w) * pixel_bytes_ : zero_row_;
        }
      } else {
        const int64_t ix = ox * s.stride_w - s.pad_left + kx * s.dilation_w;
        const auto [first, last] = inside_range(ix, s.stride_w, s.src_w, count);
        std::fill(rows, rows + first, zero_row_);
        fill_line(rows + first, last - first, src_ + (line_pixel + ix + first * s.stride_w) * pixel_bytes_, s.stride_w * pixel_bytes_);
        std::fill(rows + last, rows + count, zero_row_);
      }
      if (line_pixel + s.src_w <= safe_pixels_ || !inside) continue;
      for (int64_t p = 0; p < count; ++p) {
        const int64_t pixel = rows[p] == zero_row_ ? 0 : (rows[p] - src_) / pixel_bytes_;
        if (pixel >= safe_pixels_ && rows[p] != zero_row_) rows[p] = slots_ + (pixels - 1 - pixel) * plan_.slot_bytes;
      }
    }
  }
}

void IndirectionBuilder::merged_tap(const uint8_t** rows, int64_t count, const uint8_t* line, int64_t ox) noexcept {
  const uint8_t* safe_end = src_ + shape_.batch * shape_.src_h * shape_.src_w * pixel_bytes_ - plan_.tap_bytes;
  const int64_t step = shape_.stride_w * pixel_bytes_, ix = ox * shape_.stride_w - shape_.pad_left;
  auto [first, last] = inside_range(ix, shape_.stride_w, shape_.src_w - shape_.kernel_w + 1, count);
  while (last > first && line + ix * pixel_bytes_ + (last - 1) * step > safe_end) --last;
  for (int64_t p = 0; p < first; ++p) rows[p] = copy_tap(line, ix + p * shape_.stride_w);
  fill_line(rows + first, last - first, line + ix * pixel_bytes_ + first * step, step);
  for (int64_t p = last; p < count; ++p) rows[p] = copy_tap(line, ix + p * shape_.stride_w);
}

const uint8_t* IndirectionBuilder::copy_tap(const uint8_t* line, int64_t ix) noexcept {
  const int64_t first = std::clamp<int64_t>(-ix, 0, shape_.kernel_w);
  const int64_t end = std::clamp<int64_t>(shape_.src_w - ix, first, shape_.kernel_w);
  if (first == end) return zero_row_;
  uint8_t* slot = slots_ + used_slots_++ * plan_.slot_bytes;
  std::memset(slot, pad_byte_, static_cast<size_t>(plan_.slot_bytes));
  std::memcpy(slot + first * pixel_bytes_, line + (ix + first) * pixel_bytes_, static_cast<size_t>((end - first) * pixel_bytes_));
  return slot;
}

}  // namespace galet::kernels
