// conv2d, conv_transpose2d, linear, matmul on codes: exact int32 sums, then requantization, or one float product and sum.
#include <algorithm>

#include "galet/kernels/reference/arithmetic.h"
#include "galet/ops/activation.h"
#include "galet/ops/window.h"
#include "galet/runtime/codes.h"
#include "galet/runtime/integer_reference.h"

namespace galet::runtime::reference {
namespace {

/// Sums without bias, in the shape of the result; channel of element i: i / inner % channels.
struct Sums {
  Tensor values;  // i32
  int64_t channels = 1, inner = 1;
};

/// src: (src - z_src), i32. One image plane of sums for one output channel; positions outside the source add nothing.
Sums sum_conv2d(const OpCall& call, const Tensor& src, const int8_t* weight, const Shape& dst_shape) {
  const Shape &src_shape = call.shape(0), &w = call.shape(1);  // (out, in/group, kh, kw)
  const ops::Window window = ops::window_of(call, w[2], w[3]);
  const int64_t out_per_group = w[0] / call.get_int("group"), src_plane = src_shape[2] * src_shape[3],
                dst_plane = dst_shape[2] * dst_shape[3];
  Sums sums{Tensor(DType::i32, dst_shape), w[0], dst_plane};
  int32_t* dst = sums.values.mutable_data<int32_t>();
  for (int64_t n = 0; n < dst_shape[0]; ++n)
    for (int64_t o = 0; o < w[0]; ++o, dst += dst_plane)
      for (int64_t i = 0; i < w[1]; ++i)
        for (int64_t ky = 0; ky < w[2]; ++ky)
          for (int64_t kx = 0; kx < w[3]; ++kx) {
            const int32_t factor = weight[((o * w[1] + i) * w[2] + ky) * w[3] + kx];
            const int32_t* plane = src.data<int32_t>() + (n * src_shape[1] + o / out_per_group * w[1] + i) * src_plane;
            for (int64_t y = 0; y < dst_shape[2]; ++y) {
              const int64_t sy = y * window.h.stride + ky * window.h.dilation - window.h.pad_begin;
              if (sy < 0 || sy >= src_shape[2]) continue;
              for (int64_t x = 0; x < dst_shape[3]; ++x) {
                const int64_t sx = x * window.w.stride + kx * window.w.dilation - window.w.pad_begin;
                if (sx >= 0 && sx < src_shape[3]) dst[y * dst_shape[3] + x] += plane[sy * src_shape[3] + sx] * factor;
              }
            }
          }
  return sums;
}

Sums sum_conv_transpose2d(const OpCall& call, const Tensor& src, const int8_t* weight, const Shape& dst_shape) {
  const Shape &src_shape = call.shape(0), &w = call.shape(1);  // (in, out/group, kh, kw)
  const Ints &strides = call.get_ints("strides"), &pads = call.get_ints("pads"), &dilations = call.get_ints("dilations");
  const int64_t in_per_group = src_shape[1] / call.get_int("group"), src_plane = src_shape[2] * src_shape[3],
                dst_plane = dst_shape[2] * dst_shape[3];
  Sums sums{Tensor(DType::i32, dst_shape), dst_shape[1], dst_plane};
  for (int64_t n = 0; n < dst_shape[0]; ++n)
    for (int64_t i = 0; i < src_shape[1]; ++i)
      for (int64_t o = 0; o < w[1]; ++o) {
        const int32_t* plane = src.data<int32_t>() + (n * src_shape[1] + i) * src_plane;
        int32_t* dst = sums.values.mutable_data<int32_t>() + (n * dst_shape[1] + i / in_per_group * w[1] + o) * dst_plane;
        for (int64_t y = 0; y < src_shape[2]; ++y)
          for (int64_t x = 0; x < src_shape[3]; ++x)
            for (int64_t ky = 0; ky < w[2]; ++ky)
              for (int64_t kx = 0; kx < w[3]; ++kx) {
                const int64_t dy = y * strides[0] + ky * dilations[0] - pads[0], dx = x * strides[1] + kx * dilations[1] - pads[1];
                if (dy < 0 || dy >= dst_shape[2] || dx < 0 || dx >= dst_shape[3]) continue;
                dst[dy * dst_shape[3] + dx] += plane[y * src_shape[3] + x] * weight[((i * w[1] + o) * w[2] + ky) * w[3] + kx];
              }
      }
  return sums;
}

/// linear: weight (m, k); matmul: weight (k, m).
Sums sum_product(const OpCall& call, const Tensor& src, const int8_t* weight, const Shape& dst_shape) {
  const bool linear = call.op.name == "linear";
  const int64_t k = call.shape(1)[linear ? 1 : 0], m = call.shape(1)[linear ? 0 : 1], rows = src.size() / std::max<int64_t>(k, 1);
  Sums sums{Tensor(DType::i32, dst_shape), m, 1};
  const int32_t* values = src.data<int32_t>();
  int32_t* dst = sums.values.mutable_data<int32_t>();
  for (int64_t row = 0; row < rows; ++row)
    for (int64_t c = 0; c < m; ++c)
      for (int64_t j = 0; j < k; ++j) dst[row * m + c] += values[row * k + j] * weight[linear ? c * k + j : j * m + c];
  return sums;
}

/// matmul has no activation attributes.
ops::ActivationRange fused_activation(const OpCall& call) {
  return call.has_attribute("activation") ? ops::activation_range(call) : ops::ActivationRange{};
}

Sums sum_weighted(const OpCall& call, const Tensor& codes, int32_t zero_point, const int8_t* weight, const Shape& dst_shape) {
  Tensor src(DType::i32, codes.shape());
  std::ranges::transform(codes.span<uint8_t>(), src.mutable_data<int32_t>(), [&](uint8_t q) { return q - zero_point; });
  if (call.op.name == "conv2d") return sum_conv2d(call, src, weight, dst_shape);
  if (call.op.name == "conv_transpose2d") return sum_conv_transpose2d(call, src, weight, dst_shape);
  return sum_product(call, src, weight, dst_shape);
}

/// One image: range, codes, sums, float result.
Tensor dynamic(const OpCall& call, const Tensor& src, const QuantSpec& weight_spec, const int8_t* weight, const Tensor& bias,
               const Shape& dst_shape) {
  float low = 0, high = 0;
  for (const float x : src.span<float>()) {
    if (x < low) low = x;
    if (x > high) high = x;
  }
  const kernels::DynamicRange range = kernels::dynamic_range(low, high);
  Tensor codes(DType::u8, src.shape());
  std::ranges::transform(src.span<float>(), codes.mutable_data<uint8_t>(),
                         [&](float x) { return kernels::quantize(x, range.scale, range.zero_point); });
  const Sums sums = sum_weighted(call, codes, range.zero_point, weight, dst_shape);
  const std::vector<float> m = weighted_multipliers(weight_spec, sums.channels, range.scale, nullptr);
  const ops::ActivationRange activation = fused_activation(call);
  Tensor dst(DType::f32, dst_shape);
  for (int64_t i = 0; i < dst.size(); ++i) {
    const int64_t c = i / sums.inner % sums.channels;
    float y = static_cast<float>(sums.values.data<int32_t>()[i]) * m[static_cast<size_t>(c)];
    if (bias.defined()) y += bias.data<float>()[c];
    dst.mutable_data<float>()[i] = ops::apply(activation, y);
  }
  return dst;
}

/// The images of a batch one by one: dynamic ranges belong to one image.
Tensor dynamic_batch(const Graph& graph, NodeId id, std::span<const Tensor> operands) {
  const Node& node = graph.node(id);
  const Value &weight = graph.value(node.operands[1]), &result = graph.value(node.results[0]);
  Tensor bias = operands.size() > 2 ? operands[2] : Tensor();
  if (bias.defined() && is_coded(graph.value(node.operands[2]))) bias = dequantize_tensor(bias, *graph.value(node.operands[2]).quant);
  OpCall call = graph.call(id);
  const int64_t images = operands[0].rank() > 1 ? operands[0].dim(0) : 1;
  Tensor dst(DType::f32, result.shape);
  Shape src_shape = operands[0].shape(), dst_shape = result.shape;
  if (images > 1) src_shape[0] = dst_shape[0] = 1;
  call.operands[0].type.shape = src_shape;
  for (int64_t n = 0; n < images; ++n) {
    Tensor src(DType::f32, src_shape);
    std::memcpy(src.mutable_bytes(), operands[0].bytes() + static_cast<size_t>(n) * src.byte_size(), src.byte_size());
    const Tensor part = dynamic(call, src, *weight.quant, operands[1].data<int8_t>(), bias, dst_shape);
    std::memcpy(dst.mutable_bytes() + static_cast<size_t>(n) * part.byte_size(), part.bytes(), part.byte_size());
  }
  return is_coded(result) ? quantize_tensor(dst, *result.quant) : dst;
}

}  // namespace

Tensor weighted(const Graph& graph, NodeId id, const Choice& choice, std::span<const Tensor> operands) {
  const Computation computation = choice.computation;
  if (computation == Computation::weighted_dynamic) return dynamic_batch(graph, id, operands);
  const Node& node = graph.node(id);
  const Value &weight = graph.value(node.operands[1]), &result = graph.value(node.results[0]);
  const Affine from = *affine_of(graph.value(node.operands[0]));
  const OpCall call = graph.call(id);
  const ops::ActivationRange activation = fused_activation(call);
  Sums sums = sum_weighted(call, operands[0], from.zero_point, operands[1].data<int8_t>(), result.shape);
  int32_t* acc = sums.values.mutable_data<int32_t>();
  if (operands.size() > 2 && operands[2].defined())
    for (int64_t i = 0; i < sums.values.size(); ++i) acc[i] += operands[2].data<int32_t>()[i / sums.inner % sums.channels];
  if (computation == Computation::weighted_real) {
    const std::vector<float> m = weighted_multipliers(*weight.quant, sums.channels, from.scale, nullptr);
    Tensor dst(DType::f32, result.shape);
    float* y = dst.mutable_data<float>();
    for (int64_t i = 0; i < dst.size(); ++i)
      y[i] = ops::apply(activation, static_cast<float>(acc[i]) * m[static_cast<size_t>(i / sums.inner % sums.channels)]);
    return dst;
  }
  const Affine to = narrowed(*affine_of(result), activation.min, activation.max);
  const std::vector<float> m = weighted_multipliers(*weight.quant, sums.channels, from.scale, &to.scale);
  Tensor dst(DType::u8, result.shape);
  uint8_t* q = dst.mutable_data<uint8_t>();
  for (int64_t i = 0; i < dst.size(); ++i) q[i] = requantize(choice, acc[i], m[static_cast<size_t>(i / sums.inner % sums.channels)], to);
  return dst;
}

}  // namespace galet::runtime::reference
