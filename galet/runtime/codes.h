// Between real values and the codes that facts make of them: which values are stored as codes, and whole tensors quantized and dequantized.
#pragma once

#include <array>
#include <optional>

#include "galet/ir/graph.h"

namespace galet::runtime {

/// real = scale * (q - zero_point) with one u8 scale for the whole tensor, codes lo..hi (with a codebook: its levels) in use.
struct Affine {
  float scale = 1;
  int32_t zero_point = 0;
  int32_t lo = 0, hi = 255;
  std::vector<int32_t> levels = {};
  bool operator==(const Affine&) const = default;
};

/// A static spec means that the value is stored as codes; a dynamic one, that weighted readers quantize it themselves.
inline bool is_coded(const Value& value) { return value.quant && !value.quant->dynamic; }
inline bool is_dynamic(const Value& value) { return value.quant && value.quant->dynamic; }
inline DType stored_dtype(const Value& value) { return is_coded(value) ? value.quant->storage : value.dtype; }
/// The spec of an activation that integer operators understand: static, u8, one scale. Empty for anything else.
std::optional<Affine> affine_of(const Value& value);
/// The same with lo and hi narrowed to the codes of a fused activation that clamps to [min, max].
Affine narrowed(Affine affine, float min, float max);

/// Any static spec, per channel too, to and from f32. Zero-point arithmetic and rounding as in docs/arithmetic.md.
Tensor quantize_tensor(const Tensor& real, const QuantSpec& spec);
Tensor dequantize_tensor(const Tensor& codes, const QuantSpec& spec);
/// q = clamp(rhe(x / scale) + zero_point, lo, hi), then the nearest level of a codebook
uint8_t quantize_real(float x, const Affine& to);

using CodeTable = std::array<uint8_t, 256>;
/// table[q] = the level nearest to q
CodeTable level_table(const std::vector<int32_t>& levels);
/// table[q] = quantize(dequantize(q))
CodeTable rescale_table(const Affine& from, const Affine& to);
/// table[q] = quantize(f(dequantize(q))), f being the node's own reference.
CodeTable function_table(const Graph& graph, NodeId node, const Affine& from, const Affine& to);

}  // namespace galet::runtime
