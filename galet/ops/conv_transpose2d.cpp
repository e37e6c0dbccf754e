// Transposed convolution, the gradient of conv2d: every source element adds its window, scaled by it, to the destination.
//   dst[n, g*O + o, y*sh + ky*dh - top, x*sw + kx*dw - left] += src[n, i, y, x] * weight[i, o, ky, kx]     i in group g
//   extent = stride * (src - 1) + output_padding + dilation * (kernel - 1) + 1 - pads
#include "galet/ops/activation.h"
#include "galet/ops/rules.h"
#include "galet/ops/window.h"

namespace galet::ops {
namespace {

/// The window of the convolution that this is the gradient of: its source is our destination. The extents are checked for overflow.
WindowAxis gradient_axis(const OpCall& call, size_t axis, const Ints& pads) {
  const auto small = [&](std::string_view name, int64_t value, int64_t least) {
    if (value < least || value > int64_t{1} << 31) call.fail("{} {} is out of range, expected {} to 2^31", name, value, least);
    return value;
  };
  WindowAxis a{};
  a.dst = call.shape(0)[axis + 2];
  a.kernel = small("kernel extent", call.shape(1)[axis + 2], 1);
  a.stride = small("stride", call.get_ints("strides")[axis], 1);
  a.dilation = small("dilation", call.get_ints("dilations")[axis], 1);
  a.pad_begin = small("pad", pads[axis], 0);
  a.pad_end = small("pad", pads[axis + 2], 0);
  const int64_t extra = small("output_padding", call.get_ints("output_padding")[axis], 0);
  int64_t steps = 0;
  if (a.dst < 1 || __builtin_mul_overflow(a.stride, a.dst - 1, &steps) || steps > int64_t{1} << 40)
    call.fail("src of shape {} with stride {} has no destination", to_string(call.shape(0)), a.stride);
  a.src = steps + extra + a.dilation * (a.kernel - 1) + 1 - a.pad_begin - a.pad_end;
  if (a.src < 1) call.fail("pads {} and {} leave nothing of the destination", a.pad_begin, a.pad_end);
  return a;
}

Window gradient_window(const OpCall& call) {
  const Ints& pads = call.get_ints("pads");
  if (call.get_ints("strides").size() != 2 || call.get_ints("dilations").size() != 2 || call.get_ints("output_padding").size() != 2)
    call.fail("strides, dilations and output_padding must have 2 extents each");
  if (pads.size() != 4) call.fail("{} pads, expected 4 (top left bottom right)", pads.size());
  return {gradient_axis(call, 0, pads), gradient_axis(call, 1, pads)};
}

std::vector<TensorType> infer(const OpCall& call) {
  expect_same_types(call, Types::f32);
  call.expect_rank(0, 4, "NCHW");
  call.expect_rank(1, 4, "in, out/group, kh, kw");
  const Shape& src = call.shape(0);
  const Shape& weight = call.shape(1);
  const int64_t group = call.get_int("group");
  if (group < 1) call.fail("group {} is below 1", group);
  if (src[1] != weight[0] || weight[0] % group != 0)
    call.fail("src has {} channels, weight {} expects {}, in {} equal groups", src[1], to_string(weight), weight[0], group);
  const int64_t out = product(weight[1], group);
  expect_shape(call, 2, {out});
  activation_range(call);
  const Window window = gradient_window(call);
  return {result_type(call, call.dtype(0), {src[0], out, window.h.src, window.w.src})};
}

/// One tap of the window, over a whole plane of the source.
void add_tap(const Window& window, int64_t ky, int64_t kx, float weight, const float* src, float* dst) {
  const WindowAxis &h = window.h, &w = window.w;
  const Range rows = positions_inside(h, ky), columns = positions_inside(w, kx);
  for (int64_t y = rows.begin; y < rows.end; ++y) {
    const int64_t to = (y * h.stride + ky * h.dilation - h.pad_begin) * w.src + kx * w.dilation - w.pad_begin;
    for (int64_t x = columns.begin; x < columns.end; ++x) dst[to + x * w.stride] += src[y * w.dst + x] * weight;
  }
}

std::vector<Tensor> reference(const OpCall& call, std::span<const Tensor> operands) {
  const Window window = gradient_window(call);
  const ActivationRange range = activation_range(call);
  Tensor result(DType::f32, infer(call)[0].shape);
  const int64_t batch = result.dim(0), out = result.dim(1), plane = window.h.src * window.w.src, src_plane = window.h.dst * window.w.dst;
  const int64_t channels = call.shape(0)[1], out_per_group = call.shape(1)[1], in_per_group = channels / call.get_int("group");
  const int64_t taps = window.h.kernel * window.w.kernel;
  const float* bias = operands.size() > 2 && operands[2] ? operands[2].data<float>() : nullptr;
  float* dst = result.mutable_data<float>();
  for (int64_t n = 0; n < batch; ++n)
    for (int64_t o = 0; o < out; ++o, dst += plane) {
      for (int64_t i = 0; i < plane; ++i) dst[i] = bias != nullptr ? bias[o] : 0.0f;
      const int64_t first = o / out_per_group * in_per_group;
      for (int64_t i = first; i < first + in_per_group; ++i) {
        const float* src = operands[0].data<float>() + (n * channels + i) * src_plane;
        const float* weight = operands[1].data<float>() + (i * out_per_group + o % out_per_group) * taps;
        for (int64_t ky = 0; ky < window.h.kernel; ++ky)
          for (int64_t kx = 0; kx < window.w.kernel; ++kx) add_tap(window, ky, kx, *weight++, src, dst);
      }
      for (int64_t i = 0; i < plane; ++i) dst[i] = apply(range, dst[i]);
    }
  return {result};
}

/// Products that land in the padding counted, as usual.
int64_t macs(const OpCall& call) { return product(count(call.shape(0)), count(call.shape(1), 1, 4)); }

}  // namespace

Op conv_transpose2d_op() {
  return {.name = "conv_transpose2d",
          .operands = {"src", "weight", "bias?"},
          .attributes = with_activation({{"strides", Ints{1, 1}},
                                         {"pads", Ints{0, 0, 0, 0}},
                                         {"dilations", Ints{1, 1}},
                                         {"output_padding", Ints{0, 0}},
                                         {"group", int64_t{1}}}),
          .infer = infer,
          .reference = reference,
          .quant = QuantTrait::weighted,
          .macs = macs};
}

}  // namespace galet::ops
