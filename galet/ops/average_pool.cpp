// The mean of each window. Divided by the elements inside the source, or, with count_include_pad, by those inside source and padding; what
// a window covers beyond the padding (ceil_mode) never counts.
#include <algorithm>

#include "galet/ops/rules.h"
#include "galet/ops/window.h"

namespace galet::ops {
namespace {

std::vector<TensorType> infer(const OpCall& call) {
  expect_types(call, 0, Types::floats);
  const Window window = pool_window(call);
  return {result_type(call, call.dtype(0), {call.shape(0)[0], call.shape(0)[1], window.h.dst, window.w.dst})};
}

/// Taps that count in the mean along one axis.
int64_t counted(const WindowAxis& axis, int64_t position, bool include_pad) {
  if (!include_pad) {
    const Range inside = taps_inside(axis, position);
    return inside.end - inside.begin;
  }
  const int64_t room = axis.src + axis.pad_begin + axis.pad_end - position * axis.stride;
  return std::min(axis.kernel, (room + axis.dilation - 1) / axis.dilation);
}

template <typename T>
T sum(const Window& window, const T* plane, int64_t y, int64_t x) {
  const WindowAxis &h = window.h, &w = window.w;
  const Range rows = taps_inside(h, y), columns = taps_inside(w, x);
  T total = 0;
  for (int64_t ky = rows.begin; ky < rows.end; ++ky)
    for (int64_t kx = columns.begin; kx < columns.end; ++kx)
      total += plane[(y * h.stride - h.pad_begin + ky * h.dilation) * w.src + x * w.stride - w.pad_begin + kx * w.dilation];
  return total;
}

std::vector<Tensor> reference(const OpCall& call, std::span<const Tensor> operands) {
  const Window window = pool_window(call);
  const bool include_pad = call.get_int("count_include_pad") != 0;
  const int64_t planes = count(call.shape(0), 0, 2), plane = window.h.src * window.w.src;
  Tensor result(call.dtype(0), {call.shape(0)[0], call.shape(0)[1], window.h.dst, window.w.dst});
  dispatch_floats(call.dtype(0), [&](auto zero) {
    using T = decltype(zero);
    const T* src = operands[0].data<T>();
    T* dst = result.mutable_data<T>();
    for (int64_t c = 0; c < planes; ++c, src += plane)
      for (int64_t y = 0; y < window.h.dst; ++y)
        for (int64_t x = 0; x < window.w.dst; ++x) {
          const int64_t n = product(counted(window.h, y, include_pad), counted(window.w, x, include_pad));
          *dst++ = sum(window, src, y, x) / static_cast<T>(std::max<int64_t>(n, 1));
        }
  });
  return {result};
}

}  // namespace

Op average_pool_op() {
  return {.name = "average_pool",
          .operands = {"src"},
          .attributes = {{"kernel", Ints{}, true},
                         {"strides", Ints{1, 1}},
                         {"pads", Ints{0, 0, 0, 0}},
                         {"dilations", Ints{1, 1}},
                         {"ceil_mode", int64_t{0}},
                         {"count_include_pad", int64_t{0}}},
          .infer = infer,
          .reference = reference,
          .quant = QuantTrait::rescaled};
}

}  // namespace galet::ops
