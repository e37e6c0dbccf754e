// quantize: q = saturate(round_half_even(src / scale) + zero_point), NaN gives the zero point; dequantize: scale * float(src - zero_point).
// One scale for the whole tensor, or one for each place along `axis`. dynamic_quantize finds an unsigned 8 bit spec for the tensor at hand:
//   lo = min(0, min src), hi = max(0, max src), scale = (hi - lo) / 255 (1 where hi == lo), zero_point = saturate(round_half_even(-lo /
//   scale)).
#include <algorithm>
#include <cmath>
#include <limits>

#include "galet/ops/rules.h"

namespace galet::ops {
namespace {

/// Element i of the tensor uses parameter (i / inner) % channels.
struct Channels {
  int64_t inner = 1, channels = 1;
  int64_t of(int64_t i) const { return i / inner % channels; }
};

Channels channels_of(const OpCall& call) {
  if (call.dtype(1) != DType::f32) call.fail("scale is {}, expected f32", to_string(call.dtype(1)));
  const Shape& scale = call.shape(1);
  if (scale.size() > 1)
    call.fail("scale has shape {}, expected one number or one for each channel (blocks are not supported)", to_string(scale));
  if (call.has(2) && count(call.shape(2)) != count(scale))
    call.fail("zero_point has shape {}, scale {}", to_string(call.shape(2)), to_string(scale));
  if (count(scale) == 1) return {};
  const size_t axis = resolve_axis(call, call.get_int("axis"), call.rank(0));
  if (scale[0] != call.shape(0)[axis]) call.fail("{} scales for an extent of {} on axis {}", scale[0], call.shape(0)[axis], axis);
  return {count(call.shape(0), axis + 1, call.rank(0)), scale[0]};
}

bool is_code(DType type) { return type == DType::u8 || type == DType::i8 || type == DType::u16 || type == DType::i16; }

template <typename T>
T saturate(float rounded, int64_t zero_point) {
  if (std::isnan(rounded)) return static_cast<T>(zero_point);
  constexpr auto kLow = static_cast<float>(std::numeric_limits<T>::min()), kHigh = static_cast<float>(std::numeric_limits<T>::max());
  return static_cast<T>(std::clamp(rounded + static_cast<float>(zero_point), kLow, kHigh));
}

Ints zero_points(std::span<const Tensor> operands, const Channels& channels) {
  if (operands.size() > 2 && operands[2]) return operands[2].to_ints();
  return Ints(static_cast<size_t>(channels.channels), 0);
}

std::vector<TensorType> infer_quantize(const OpCall& call) {
  if (call.dtype(0) != DType::f32) call.fail("src is {}, expected f32", to_string(call.dtype(0)));
  const DType to = get_dtype(call, "to");
  if (!is_code(to)) call.fail("cannot quantize to {}, expected u8, i8, u16 or i16", to_string(to));
  if (call.has(2) && call.dtype(2) != to) call.fail("zero_point is {}, the codes are {}", to_string(call.dtype(2)), to_string(to));
  channels_of(call);
  return {{to, call.shape(0)}};
}

std::vector<Tensor> quantize(const OpCall& call, std::span<const Tensor> operands) {
  const Channels channels = channels_of(call);
  const Ints zeros = zero_points(operands, channels);
  Tensor result(get_dtype(call, "to"), call.shape(0));
  const float *src = operands[0].data<float>(), *scale = operands[1].data<float>();
  dispatch(result.dtype(), [&](auto zero) {
    using T = decltype(zero);
    if constexpr (sizeof(T) <= 2 && !std::is_same_v<T, bool>) {
      T* dst = result.mutable_data<T>();
      for (int64_t i = 0; i < result.size(); ++i) {
        const int64_t c = channels.of(i);
        dst[i] = saturate<T>(std::nearbyint(src[i] / scale[c]), zeros[static_cast<size_t>(c)]);
      }
    }
  });
  return {result};
}

std::vector<TensorType> infer_dequantize(const OpCall& call) {
  if (!is_code(call.dtype(0)) && call.dtype(0) != DType::i32)
    call.fail("src is {}, expected u8, i8, u16, i16 or i32", to_string(call.dtype(0)));
  if (call.has(2) && call.dtype(2) != call.dtype(0))
    call.fail("zero_point is {}, src is {}", to_string(call.dtype(2)), to_string(call.dtype(0)));
  channels_of(call);
  return {{DType::f32, call.shape(0)}};
}

std::vector<Tensor> dequantize(const OpCall& call, std::span<const Tensor> operands) {
  const Channels channels = channels_of(call);
  const Ints zeros = zero_points(operands, channels);
  Tensor result(DType::f32, call.shape(0));
  const float* scale = operands[1].data<float>();
  float* dst = result.mutable_data<float>();
  dispatch(call.dtype(0), [&](auto zero) {
    using T = decltype(zero);
    if constexpr (std::is_integral_v<T> && sizeof(T) <= 4 && !std::is_same_v<T, bool>) {
      const T* src = operands[0].data<T>();
      for (int64_t i = 0; i < result.size(); ++i) {
        const int64_t c = channels.of(i);
        dst[i] = scale[c] * static_cast<float>(static_cast<int64_t>(src[i]) - zeros[static_cast<size_t>(c)]);
      }
    }
  });
  return {result};
}

std::vector<TensorType> infer_dynamic(const OpCall& call) {
  if (call.dtype(0) != DType::f32) call.fail("src is {}, expected f32", to_string(call.dtype(0)));
  return {{DType::u8, call.shape(0)}, {DType::f32, {}}, {DType::u8, {}}};
}

std::vector<Tensor> dynamic_quantize(const OpCall& call, std::span<const Tensor> operands) {
  const std::span<const float> src = operands[0].span<float>();
  float low = 0, high = 0;
  for (const float x : src) {
    if (x < low) low = x;
    if (x > high) high = x;
  }
  const float scale = high == low ? 1.0f : (high - low) / 255.0f;
  const auto zero_point = saturate<uint8_t>(std::nearbyint(-low / scale), 0);
  Tensor codes(DType::u8, call.shape(0));
  uint8_t* dst = codes.mutable_data<uint8_t>();
  for (size_t i = 0; i < src.size(); ++i) dst[i] = saturate<uint8_t>(std::nearbyint(src[i] / scale), zero_point);
  return {codes, Tensor::scalar(scale), Tensor::scalar(zero_point)};
}

}  // namespace

Op quantize_op() {
  return {.name = "quantize",
          .operands = {"src", "scale", "zero_point?"},
          .attributes = {{"axis", int64_t{1}}, {"to", std::string("u8")}},
          .infer = infer_quantize,
          .reference = quantize};
}
Op dequantize_op() {
  return {.name = "dequantize",
          .operands = {"src", "scale", "zero_point?"},
          .attributes = {{"axis", int64_t{1}}},
          .infer = infer_dequantize,
          .reference = dequantize};
}
Op dynamic_quantize_op() {
  return {.name = "dynamic_quantize", .operands = {"src"}, .attributes = {}, .infer = infer_dynamic, .reference = dynamic_quantize};
}

}  // namespace galet::ops
