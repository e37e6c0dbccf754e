// Two-dimensional cross-correlation with groups, strides, dilation and asymmetric zero padding, and an optional fused activation.
//   dst[n, o, y, x] = activation(bias[o] + sum over i, ky, kx of src[n, g*I + i, y*sh + ky*dh - top, x*sw + kx*dw - left] * weight[o, i,
//   ky, kx])
#include "galet/ops/activation.h"
#include "galet/ops/window.h"

namespace galet::ops {
namespace {

std::vector<TensorType> infer(const OpCall& call) {
  call.expect_rank(0, 4, "NCHW");
  call.expect_rank(1, 4, "OIHW");
  const Shape& src = call.shape(0);
  const Shape& weight = call.shape(1);  // (out, in/group, kh, kw)
  const int64_t group = call.get_int("group");
  if (group < 1) call.fail("group {} is below 1", group);
  if (src[1] != weight[1] * group)
    call.fail("src has {} channels, weight {} with {} groups expects {}", src[1], to_string(weight), group, weight[1] * group);
  if (weight[0] % group != 0) call.fail("{} output channels do not divide into {} groups", weight[0], group);
  if (call.has(2) && call.shape(2) != Shape{weight[0]}) call.fail("bias has shape {}, expected {}", to_string(call.shape(2)), weight[0]);
  activation_range(call);
  const Window window = window_of(call, weight[2], weight[3]);
  return {{call.dtype(0), {src[0], weight[0], window.h.dst, window.w.dst}}};
}

std::vector<Tensor> reference(const OpCall& call, std::span<const Tensor> operands) {
  const Shape& src_shape = call.shape(0);
  const Shape& weight_shape = call.shape(1);
  const Window window = window_of(call, weight_shape[2], weight_shape[3]);
  const ActivationRange range = activation_range(call);
  const int64_t out = weight_shape[0], in = weight_shape[1], out_per_group = out / call.get_int("group");
  const WindowAxis &h = window.h, &w = window.w;
  Tensor result(DType::f32, {src_shape[0], out, h.dst, w.dst});
  const float* src = operands[0].data<float>();
  const float* weight = operands[1].data<float>();
  const float* bias = operands.size() > 2 && operands[2] ? operands[2].data<float>() : nullptr;
  float* dst = result.mutable_data<float>();
  for (int64_t n = 0; n < src_shape[0]; ++n)
    for (int64_t o = 0; o < out; ++o)
      for (int64_t y = 0; y < h.dst; ++y)
        for (int64_t x = 0; x < w.dst; ++x) {
          float sum = bias != nullptr ? bias[o] : 0.0f;
          for (int64_t i = 0; i < in; ++i) {
            const float* plane = src + (n * src_shape[1] + o / out_per_group * in + i) * h.src * w.src;
            const float* kernel = weight + (o * in + i) * h.kernel * w.kernel;
            for (int64_t ky = 0; ky < h.kernel; ++ky) {
              const int64_t sy = y * h.stride + ky * h.dilation - h.pad_begin;
              if (sy < 0 || sy >= h.src) continue;
              for (int64_t kx = 0; kx < w.kernel; ++kx) {
                const int64_t sx = x * w.stride + kx * w.dilation - w.pad_begin;
                if (sx >= 0 && sx < w.src) sum += plane[sy * w.src + sx] * kernel[ky * w.kernel + kx];
              }
            }
          }
          *dst++ = apply(range, sum);
        }
  return {result};
}

int64_t macs(const OpCall& call) {
  const Shape dst = infer(call)[0].shape;
  return count(dst) * count(call.shape(1), 1, 4);
}

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
