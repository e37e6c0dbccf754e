// Averages and interpolation on codes.
#include <algorithm>

#include "galet/kernels/reference/arithmetic.h"
#include "galet/ops/window.h"
#include "galet/runtime/codes.h"
#include "galet/runtime/integer_reference.h"

namespace galet::runtime::reference {
namespace {

/// The part of a window that starts at `begin` that lies in [0, extent) counts `real` elements; with padding up to `limit` it counts
/// `padded`.
int64_t taps_inside(int64_t begin, const ops::WindowAxis& axis, int64_t low, int64_t high) {
  int64_t taps = 0;
  for (int64_t k = 0; k < axis.kernel; ++k) {
    const int64_t at = begin + k * axis.dilation;
    taps += at >= low && at < high;
  }
  return taps;
}

}  // namespace

Tensor average(const Graph& graph, NodeId id, const Choice& choice, std::span<const Tensor> operands) {
  const Node& node = graph.node(id);
  const OpCall call = graph.call(id);
  const Affine from = *affine_of(graph.value(node.operands[0])), to = *affine_of(graph.value(node.results[0]));
  const Shape& src_shape = call.shape(0);
  ops::Window window{{src_shape[2], src_shape[2], 1, 1, 0, 0, 1}, {src_shape[3], src_shape[3], 1, 1, 0, 0, 1}};
  bool count_padding = false;
  if (node.op->name == "average_pool") {
    const Ints& kernel = call.get_ints("kernel");
    window = ops::window_of(call, kernel.at(0), kernel.at(1), call.get_int("ceil_mode") != 0);
    count_padding = call.get_int("count_include_pad") != 0;
  }
  const ops::WindowAxis &h = window.h, &w = window.w;
  Tensor dst(DType::u8, graph.value(node.results[0]).shape);
  uint8_t* q = dst.mutable_data<uint8_t>();
  for (int64_t plane = 0; plane < src_shape[0] * src_shape[1]; ++plane) {
    const uint8_t* src = operands[0].data<uint8_t>() + plane * h.src * w.src;
    for (int64_t y = 0; y < h.dst; ++y)
      for (int64_t x = 0; x < w.dst; ++x) {
        const int64_t top = y * h.stride - h.pad_begin, left = x * w.stride - w.pad_begin;
        int32_t sum = 0;
        for (int64_t ky = 0; ky < h.kernel; ++ky)
          for (int64_t kx = 0; kx < w.kernel; ++kx) {
            const int64_t sy = top + ky * h.dilation, sx = left + kx * w.dilation;
            if (sy >= 0 && sy < h.src && sx >= 0 && sx < w.src) sum += src[sy * w.src + sx] - from.zero_point;
          }
        const int64_t n = count_padding
                              ? taps_inside(top, h, -h.pad_begin, h.src + h.pad_end) * taps_inside(left, w, -w.pad_begin, w.src + w.pad_end)
                              : taps_inside(top, h, 0, h.src) * taps_inside(left, w, 0, w.src);
        const float m = n == 0 ? 0.0f : from.scale / (to.scale * static_cast<float>(n));
        *q++ = requantize(choice, sum, m, to);
      }
  }
  return dst;
}

Tensor linear_resize(const Graph& graph, NodeId id, std::span<const Tensor> operands) {
  const Node& node = graph.node(id);
  const Affine from = *affine_of(graph.value(node.operands[0])), to = *affine_of(graph.value(node.results[0]));
  const OpCall plain = graph.call(id);
  Tensor src(DType::f32, operands[0].shape());
  std::ranges::transform(operands[0].span<uint8_t>(), src.mutable_data<float>(),
                         [&](uint8_t q) { return static_cast<float>(q - from.zero_point); });
  Attributes attributes = node.attributes;
  if (plain.has_attribute("extrapolation")) attributes["extrapolation"] = plain.get_float("extrapolation") / from.scale;
  const OpCall call(*node.op, node.name, attributes, plain.operands);
  const Tensor sums = node.op->reference(call, std::vector<Tensor>{src})[0];
  const float m = from.scale / to.scale;
  Tensor dst(DType::u8, sums.shape());
  std::ranges::transform(sums.span<float>(), dst.mutable_data<uint8_t>(),
                         [&](float x) { return kernels::round_code(x * m, to.zero_point, to.lo, to.hi); });
  return dst;
}

}  // namespace galet::runtime::reference
