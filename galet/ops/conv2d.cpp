// Two-dimensional cross-correlation with groups, strides, dilation and asymmetric zero padding, and an optional fused activation.
//   dst[n, o, y, x] = activation(bias[o] + sum over i, ky, kx of src[n, g*I + i, y*sh + ky*dh - top, x*sw + kx*dw - left] * weight[o, i,
//   ky, kx])
#include "galet/ops/activation.h"
#include "galet/ops/rules.h"
#include "galet/ops/window.h"

namespace galet::ops {
namespace {

std::vector<TensorType> infer(const OpCall& call) {
  expect_same_types(call, Types::f32);
  call.expect_rank(0, 4, "NCHW");
  call.expect_rank(1, 4, "OIHW");
  const Shape& src = call.shape(0);
  const Shape& weight = call.shape(1);  // (out, in/group, kh, kw)
  const int64_t group = call.get_int("group");
  if (group < 1) call.fail("group {} is below 1", group);
  if (src[1] != product(weight[1], group))
    call.fail("src has {} channels, weight {} with {} groups expects {}", src[1], to_string(weight), group, product(weight[1], group));
  if (weight[0] % group != 0) call.fail("{} output channels do not divide into {} groups", weight[0], group);
  expect_shape(call, 2, {weight[0]});
  activation_range(call);
  const Window window = window_of(call, weight[2], weight[3]);
  return {result_type(call, call.dtype(0), {src[0], weight[0], window.h.dst, window.w.dst})};
}

/// dst += src shifted, scaled by one weight: one tap of the window over a whole plane.
void add_tap(const Window& window, int64_t ky, int64_t kx, float weight, const float* src, float* dst) {
  const WindowAxis &h = window.h, &w = window.w;
  const Range rows = positions_inside(h, ky), columns = positions_inside(w, kx);
  for (int64_t y = rows.begin; y < rows.end; ++y) {
    const int64_t from = (y * h.stride + ky * h.dilation - h.pad_begin) * w.src + kx * w.dilation - w.pad_begin;
    float* to = dst + y * w.dst;
    if (w.stride == 1)
      for (int64_t x = columns.begin; x < columns.end; ++x) to[x] += src[from + x] * weight;
    else
      for (int64_t x = columns.begin; x < columns.end; ++x) to[x] += src[from + x * w.stride] * weight;
  }
}

std::vector<Tensor> reference(const OpCall& call, std::span<const Tensor> operands) {
  const Shape& weight_shape = call.shape(1);
  const Window window = window_of(call, weight_shape[2], weight_shape[3]);
  const WindowAxis &h = window.h, &w = window.w;
  const ActivationRange range = activation_range(call);
  const int64_t batch = call.shape(0)[0], channels = call.shape(0)[1], out = weight_shape[0], in = weight_shape[1];
  const int64_t out_per_group = out / call.get_int("group");
  Tensor result(DType::f32, {batch, out, h.dst, w.dst});
  const float* src = operands[0].data<float>();
  const float* bias = operands.size() > 2 && operands[2] ? operands[2].data<float>() : nullptr;
  float* dst = result.mutable_data<float>();
  for (int64_t n = 0; n < batch; ++n)
    for (int64_t o = 0; o < out; ++o, dst += h.dst * w.dst) {
      const float* weight = operands[1].data<float>() + o * in * h.kernel * w.kernel;
      for (int64_t i = 0; i < h.dst * w.dst; ++i) dst[i] = bias != nullptr ? bias[o] : 0.0f;
      for (int64_t i = 0; i < in; ++i) {
        const float* plane = src + (n * channels + o / out_per_group * in + i) * h.src * w.src;
        for (int64_t ky = 0; ky < h.kernel; ++ky)
          for (int64_t kx = 0; kx < w.kernel; ++kx) add_tap(window, ky, kx, *weight++, plane, dst);
      }
      for (int64_t i = 0; i < h.dst * w.dst; ++i) dst[i] = apply(range, dst[i]);
    }
  return {result};
}

int64_t macs(const OpCall& call) { return product(count(infer(call)[0].shape), count(call.shape(1), 1, 4)); }

}  // namespace

Op conv2d_op() {
  return {.name = "conv2d",
          .operands = {"src", "weight", "bias?"},
          .attributes =
              with_activation({{"strides", Ints{1, 1}}, {"pads", Ints{0, 0, 0, 0}}, {"dilations", Ints{1, 1}}, {"group", int64_t{1}}}),
          .infer = infer,
          .reference = reference,
          .quant = QuantTrait::weighted,
          .macs = macs};
}

}  // namespace galet::ops
