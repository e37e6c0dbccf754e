// The largest element of each window; padding never wins (a window of padding alone gives the lowest number of the type).
#include <limits>

#include "galet/ops/rules.h"
#include "galet/ops/window.h"

namespace galet::ops {
namespace {

std::vector<TensorType> infer(const OpCall& call) {
  expect_types(call, 0, Types::numbers);
  const Window window = pool_window(call);
  return {result_type(call, call.dtype(0), {call.shape(0)[0], call.shape(0)[1], window.h.dst, window.w.dst})};
}

template <typename T>
T largest(const Window& window, const T* plane, int64_t y, int64_t x) {
  const WindowAxis &h = window.h, &w = window.w;
  const Range rows = taps_inside(h, y), columns = taps_inside(w, x);
  T max = std::numeric_limits<T>::has_infinity ? -std::numeric_limits<T>::infinity() : std::numeric_limits<T>::lowest();
  for (int64_t ky = rows.begin; ky < rows.end; ++ky)
    for (int64_t kx = columns.begin; kx < columns.end; ++kx) {
      const T value = plane[(y * h.stride - h.pad_begin + ky * h.dilation) * w.src + x * w.stride - w.pad_begin + kx * w.dilation];
      if (value > max || value != value) max = value;
    }
  return max;
}

std::vector<Tensor> reference(const OpCall& call, std::span<const Tensor> operands) {
  const Window window = pool_window(call);
  const int64_t planes = count(call.shape(0), 0, 2), plane = window.h.src * window.w.src;
  Tensor result(call.dtype(0), {call.shape(0)[0], call.shape(0)[1], window.h.dst, window.w.dst});
  dispatch_numbers(call.dtype(0), [&](auto zero) {
    using T = decltype(zero);
    const T* src = operands[0].data<T>();
    T* dst = result.mutable_data<T>();
    for (int64_t c = 0; c < planes; ++c, src += plane)
      for (int64_t y = 0; y < window.h.dst; ++y)
        for (int64_t x = 0; x < window.w.dst; ++x) *dst++ = largest(window, src, y, x);
  });
  return {result};
}

}  // namespace

Op max_pool_op() {
  return {.name = "max_pool",
          .operands = {"src"},
          .attributes = {{"kernel", Ints{}, true},
                         {"strides", Ints{1, 1}},
                         {"pads", Ints{0, 0, 0, 0}},
                         {"dilations", Ints{1, 1}},
                         {"ceil_mode", int64_t{0}}},
          .infer = infer,
          .reference = reference,
          .quant = QuantTrait::same_spec};
}

}  // namespace galet::ops
