#include "galet/ops/window.h"

#include <algorithm>

namespace galet::ops {

int64_t window_extent(const OpCall& call, const WindowAxis& axis, bool ceil_mode) {
  if (axis.stride < 1) call.fail("stride {} is below 1", axis.stride);
  if (axis.dilation < 1) call.fail("dilation {} is below 1", axis.dilation);
  if (axis.kernel < 1) call.fail("kernel extent {} is below 1", axis.kernel);
  if (axis.pad_begin < 0 || axis.pad_end < 0) call.fail("negative padding {}, {}", axis.pad_begin, axis.pad_end);
  constexpr int64_t kLimit = int64_t{1} << 31;
  if (axis.stride > kLimit || axis.dilation > kLimit || axis.kernel > kLimit || axis.pad_begin > kLimit || axis.pad_end > kLimit)
    call.fail("a window parameter exceeds 2^31");
  const int64_t room = axis.src + axis.pad_begin + axis.pad_end - axis.dilation * (axis.kernel - 1) - 1;
  if (room < 0)
    call.fail("a window of {} (dilation {}) does not fit the padded source of {}", axis.kernel, axis.dilation,
              axis.src + axis.pad_begin + axis.pad_end);
  if (!ceil_mode) return room / axis.stride + 1;
  const int64_t dst = (room + axis.stride - 1) / axis.stride + 1;
  return (dst - 1) * axis.stride >= axis.src + axis.pad_begin && dst > 1 ? dst - 1 : dst;
}

Window window_of(const OpCall& call, int64_t kernel_h, int64_t kernel_w, bool ceil_mode) {
  const Ints& strides = call.get_ints("strides");
  const Ints& pads = call.get_ints("pads");
  const Ints& dilations = call.get_ints("dilations");
  if (strides.size() != 2 || dilations.size() != 2)
    call.fail("{} strides and {} dilations, expected 2 of each", strides.size(), dilations.size());
  if (pads.size() != 4) call.fail("{} pads, expected 4 (top left bottom right)", pads.size());
  Window window;
  window.h = {call.shape(0)[2], kernel_h, strides[0], dilations[0], pads[0], pads[2], 0};
  window.w = {call.shape(0)[3], kernel_w, strides[1], dilations[1], pads[1], pads[3], 0};
  window.h.dst = window_extent(call, window.h, ceil_mode);
  window.w.dst = window_extent(call, window.w, ceil_mode);
  return window;
}

Window pool_window(const OpCall& call) {
  const Ints& kernel = call.get_ints("kernel");
  if (kernel.size() != 2) call.fail("{} kernel extents, expected 2 (height width)", kernel.size());
  call.expect_rank(0, 4, "NCHW");
  return window_of(call, kernel[0], kernel[1], call.get_int("ceil_mode") != 0);
}

namespace {
int64_t ceil_div(int64_t a, int64_t b) { return a > 0 ? (a - 1) / b + 1 : 0; }  // not below 0
}  // namespace

Range taps_inside(const WindowAxis& axis, int64_t position) {
  const int64_t start = position * axis.stride - axis.pad_begin;
  const int64_t begin = ceil_div(-start, axis.dilation), end = std::min(axis.kernel, ceil_div(axis.src - start, axis.dilation));
  return {begin, std::max(begin, end)};
}

Range positions_inside(const WindowAxis& axis, int64_t tap) {
  const int64_t offset = tap * axis.dilation - axis.pad_begin;
  const int64_t begin = ceil_div(-offset, axis.stride), end = std::min(axis.dst, ceil_div(axis.src - offset, axis.stride));
  return {begin, std::max(begin, end)};
}

}  // namespace galet::ops
