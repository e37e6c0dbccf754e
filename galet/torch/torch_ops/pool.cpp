#include <ATen/ATen.h>

#include <algorithm>
#include <limits>

#include "galet/ops/resize.h"
#include "galet/ops/window.h"
#include "galet/torch/torch_ops.h"

namespace galet::torch::forms {
namespace {

/// The source padded (or cropped) so that windows without padding or ceil mode give exactly the result's extents.
at::Tensor exact(const at::Tensor& src, const ops::Window& window, double value) {
  auto after = [](const ops::WindowAxis& w) { return (w.dst - 1) * w.stride + w.dilation * (w.kernel - 1) + 1 - w.pad_begin - w.src; };
  const Ints pads{window.w.pad_begin, after(window.w), window.h.pad_begin, after(window.h)};
  if (std::all_of(pads.begin(), pads.end(), [](int64_t p) { return p == 0; })) return src;
  return at::constant_pad_nd(src, pads, value);
}

}  // namespace

std::vector<at::Tensor> max_pool(const Application& a, Operands x) {
  const ops::Window window = ops::pool_window(a.call);
  const at::Tensor src = exact(x[0], window, -std::numeric_limits<double>::infinity());
  return {at::max_pool2d(src, a.call.get_ints("kernel"), a.call.get_ints("strides"), 0, a.call.get_ints("dilations"))};
}

std::vector<at::Tensor> average_pool(const Application& a, Operands x) {
  const ops::Window window = ops::pool_window(a.call);
  const Ints &kernel = a.call.get_ints("kernel"), &strides = a.call.get_ints("strides"), &dilations = a.call.get_ints("dilations");
  const bool padded = a.call.get_int("count_include_pad") != 0;
  // Sums of windows over counts of what counts: the source, with count_include_pad also its pads, never what ceil_mode adds beyond them.
  auto sums = [&](const at::Tensor& t) {
    if (dilations == Ints{1, 1}) return at::avg_pool2d(t, kernel, strides, 0, false, true, 1);
    const int64_t channels = t.size(1);
    const at::Tensor ones = at::ones({channels, 1, kernel[0], kernel[1]}, t.options());
    return at::conv2d(t, ones, at::Tensor(), strides, Ints{0, 0}, dilations, channels);
  };
  const at::Tensor sum = sums(exact(x[0], window, 0));
  at::Tensor counted = at::ones({1, 1, window.h.src, window.w.src}, x[0].options());
  if (padded) counted = at::constant_pad_nd(counted, {window.w.pad_begin, window.w.pad_end, window.h.pad_begin, window.h.pad_end}, 1);
  ops::Window around = window;
  if (padded) {
    around.h.src += window.h.pad_begin + window.h.pad_end, around.w.src += window.w.pad_begin + window.w.pad_end;
    around.h.pad_begin = around.w.pad_begin = 0;
  }
  return {sum / sums(exact(counted, around, 0))};
}

std::vector<at::Tensor> global_average_pool(const Application&, Operands x) {
  std::vector<int64_t> axes;
  for (int64_t i = 2; i < x[0].dim(); ++i) axes.push_back(i);
  return {x[0].mean(axes, true)};
}

std::vector<at::Tensor> global_max_pool(const Application&, Operands x) {
  std::vector<int64_t> axes;
  for (int64_t i = 2; i < x[0].dim(); ++i) axes.push_back(i);
  return {x[0].amax(axes, true)};
}

std::vector<at::Tensor> resize(const Application& a, Operands x) {
  at::Tensor y = x[0];
  for (size_t axis = 0; axis < a.result.size(); ++axis) {
    const ops::ResizeAxis table = ops::resize_axis(a.call, axis);
    if (table.identity) continue;
    const auto d = static_cast<int64_t>(axis);
    const int64_t dst = a.result[axis];
    y = y.index_select(d, at::tensor(table.index, at::TensorOptions().dtype(at::kLong)).to(y.device()));
    std::vector<int64_t> column(a.result.size(), 1);
    if (!table.weight.empty()) {
      std::vector<int64_t> split = y.sizes().vec(), weights(split.size() + 1, 1);
      split[axis] = dst, split.insert(split.begin() + d + 1, table.taps);
      weights[axis] = dst, weights[axis + 1] = table.taps;
      y = (y.reshape(split) * at::tensor(table.weight).to(y.options()).view(weights)).sum(d + 1);
    }
    if (!table.outside.empty()) {
      const std::vector<int64_t> outside(table.outside.begin(), table.outside.end());
      column[axis] = dst;
      y = at::where(at::tensor(outside).to(y.device()).view(column) != 0, at::full({}, a.call.get_float("extrapolation"), y.options()), y);
    }
  }
  return {y};
}

}  // namespace galet::torch::forms
