#include "galet/exporters/onnx/quantized.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace galet::exporters {
namespace {

/// Zero points in the storage's type.
Tensor zero_points(const QuantSpec& spec, const Shape& shape) {
  Tensor wide(DType::i32, shape);
  std::copy(spec.zero_points.begin(), spec.zero_points.end(), wide.mutable_data<int32_t>());
  return wide.cast(spec.storage);
}

}  // namespace

CodeRange code_range(const QuantSpec& spec, float min, float max) {
  const float scale = spec.scales[0];
  const int32_t zero = spec.zero_points[0];
  const auto code = [&](float x) {
    const float q = std::nearbyint(x / scale) + static_cast<float>(zero);
    return static_cast<int32_t>(std::clamp(q, static_cast<float>(spec.qmin), static_cast<float>(spec.qmax)));
  };
  CodeRange range{spec.qmin, spec.qmax, false};
  if (std::isfinite(min)) range.low = code(min);
  if (std::isfinite(max)) range.high = code(max);
  dispatch(spec.storage, [&](auto zero_element) {
    using Limits = std::numeric_limits<decltype(zero_element)>;
    range.whole = static_cast<double>(range.low) <= static_cast<double>(Limits::lowest()) &&
                  static_cast<double>(range.high) >= static_cast<double>(Limits::max());
  });
  return range;
}

QuantizedValues::Names& QuantizedValues::names(ValueId id) {
  const auto [it, fresh] = names_.try_emplace(id);
  if (!fresh) return it->second;
  const Value& value = graph_.value(id);
  const QuantSpec& spec = *value.quant;
  const Shape shape = spec.axis < 0 ? Shape{} : Shape{static_cast<int64_t>(spec.scales.size())};
  it->second.scale = scribe_.constant(value.name + "_scale", Tensor::from<float>(shape, spec.scales));
  // Integer biases may not have one.
  if (spec.storage != DType::i32) it->second.zero_point = scribe_.constant(value.name + "_zero_point", zero_points(spec, shape));
  if (value.is_constant()) it->second.codes = scribe_.constant(value.name, value.constant);
  return it->second;
}

const std::string& QuantizedValues::codes(ValueId id) { return names(id).codes; }

void QuantizedValues::quantize(ValueId id, const std::string& real, const std::string& node) {
  Names& own = names(id);
  own.codes = scribe_.name(graph_.value(id).name + "_codes");
  scribe_.add("QuantizeLinear", node, {real, own.scale, own.zero_point}, {own.codes});
}

void QuantizedValues::find_levels(ValueId id, const std::string& node) {
  Names& own = names(id);
  const std::vector<int32_t>& levels = graph_.value(id).quant->levels;
  Tensor table(DType::u8, {256});
  for (int32_t q = 0; q < 256; ++q) table.mutable_data<uint8_t>()[q] = static_cast<uint8_t>(nearest_level(levels, q));
  const std::string places = scribe_.make("Cast", node + "/places", {own.codes}, {{"to", int64_t{6}}});  // 6: int32
  own.codes = scribe_.make("Gather", node + "/levels", {scribe_.constant(graph_.value(id).name + "_levels", table), places});
}

std::string QuantizedValues::dequantize(ValueId id, const std::string& result) {
  const Names& own = names(id);
  const Value& value = graph_.value(id);
  Attributes attributes;
  if (value.quant->axis >= 0) attributes["axis"] = static_cast<int64_t>(value.quant->axis);
  const std::string dst = result.empty() ? scribe_.name(value.name + "_real") : result;
  scribe_.add("DequantizeLinear", value.name, {own.codes, own.scale, own.zero_point}, {dst}, std::move(attributes));
  return dst;
}

}  // namespace galet::exporters
