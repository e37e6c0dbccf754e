#include "galet/runtime/codes.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "galet/kernels/reference/arithmetic.h"

namespace galet::runtime {
namespace {

/// Channel of element i where scales lie along `axis`.
struct ChannelOf {
  int64_t inner = 1, channels = 1;
  ChannelOf(const Shape& shape, const QuantSpec& spec) {
    if (spec.scales.size() <= 1) return;
    inner = count(shape, static_cast<size_t>(spec.axis) + 1, shape.size());
    channels = shape[static_cast<size_t>(spec.axis)];
  }
  size_t operator()(int64_t i) const { return static_cast<size_t>(i / inner % channels); }
};

}  // namespace

std::optional<Affine> affine_of(const Value& value) {
  if (!is_coded(value) || value.quant->storage != DType::u8 || value.quant->scales.size() != 1) return std::nullopt;
  return Affine{value.quant->scales[0], value.quant->zero_points[0], value.quant->qmin, value.quant->qmax, value.quant->levels};
}

Affine narrowed(Affine affine, float min, float max) {
  const Affine whole{affine.scale, affine.zero_point, affine.lo, affine.hi};
  if (min > -std::numeric_limits<float>::infinity()) affine.lo = quantize_real(min, whole);
  if (max < std::numeric_limits<float>::infinity()) affine.hi = quantize_real(max, whole);
  return affine;
}

Tensor quantize_tensor(const Tensor& real, const QuantSpec& spec) {
  Tensor codes(spec.storage, real.shape());
  const ChannelOf channel(real.shape(), spec);
  const float* src = real.data<float>();
  dispatch(spec.storage, [&](auto zero) {
    using T = decltype(zero);
    T* dst = codes.mutable_data<T>();
    for (int64_t i = 0; i < real.size(); ++i) {
      const size_t c = channel(i);
      const int32_t zero_point = spec.zero_points[c];
      const float scaled = src[i] / spec.scales[c];
      const double rounded = std::isnan(scaled) ? 0.0 : std::nearbyint(static_cast<double>(scaled));
      const double code = std::clamp(rounded + zero_point, static_cast<double>(spec.qmin), static_cast<double>(spec.qmax));
      dst[i] = static_cast<T>(spec.levels.empty() ? code : nearest_level(spec.levels, static_cast<int32_t>(code)));
    }
  });
  return codes;
}

Tensor dequantize_tensor(const Tensor& codes, const QuantSpec& spec) {
  Tensor real(DType::f32, codes.shape());
  const ChannelOf channel(codes.shape(), spec);
  float* dst = real.mutable_data<float>();
  dispatch(codes.dtype(), [&](auto zero) {
    const auto* src = codes.data<decltype(zero)>();
    for (int64_t i = 0; i < codes.size(); ++i) {
      const size_t c = channel(i);
      dst[i] = spec.scales[c] * static_cast<float>(static_cast<int64_t>(src[i]) - spec.zero_points[c]);
    }
  });
  return real;
}

uint8_t quantize_real(float x, const Affine& to) {
  const uint8_t code = kernels::round_code(x / to.scale, to.zero_point, to.lo, to.hi);
  return to.levels.empty() ? code : static_cast<uint8_t>(nearest_level(to.levels, code));
}

CodeTable level_table(const std::vector<int32_t>& levels) {
  CodeTable table;
  for (int32_t q = 0; q < 256; ++q) table[static_cast<size_t>(q)] = static_cast<uint8_t>(nearest_level(levels, q));
  return table;
}

CodeTable rescale_table(const Affine& from, const Affine& to) {
  CodeTable table;
  for (int32_t q = 0; q < 256; ++q)
    table[static_cast<size_t>(q)] = quantize_real(kernels::dequantize(static_cast<uint8_t>(q), from.scale, from.zero_point), to);
  return table;
}

CodeTable function_table(const Graph& graph, NodeId id, const Affine& from, const Affine& to) {
  const Node& node = graph.node(id);
  Tensor src(DType::f32, {256});
  float* values = src.mutable_data<float>();
  for (int32_t q = 0; q < 256; ++q) values[q] = kernels::dequantize(static_cast<uint8_t>(q), from.scale, from.zero_point);
  const OpCall call(*node.op, node.name, node.attributes, {Operand{true, {DType::f32, {256}}, {}}});
  const Tensor dst = node.op->reference(call, std::vector<Tensor>{src})[0];
  CodeTable table;
  for (size_t q = 0; q < 256; ++q) table[q] = quantize_real(dst.data<float>()[q], to);
  return table;
}

}  // namespace galet::runtime
