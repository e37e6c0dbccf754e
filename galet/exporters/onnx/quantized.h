// Quantized values as ONNX writes them: scales, zero points, QuantizeLinear, DequantizeLinear.
#pragma once

#include <map>
#include <string>

#include "galet/exporters/onnx/scribe.h"
#include "galet/ir/graph.h"

namespace galet::exporters {

/// The value is stored as codes.
inline bool is_coded(const Value& value) { return value.quant && !value.quant->dynamic; }
inline bool is_dynamic(const Value& value) { return value.quant && value.quant->dynamic; }

/// Codes in use once a fused activation has limited the real value, and whether these are all codes of the storage: then quantizing limits
/// by itself.
struct CodeRange {
  int32_t low, high;
  bool whole;
};
CodeRange code_range(const QuantSpec& spec, float min, float max);

/// Names of what belongs to quantized values, written once each.
class QuantizedValues {
 public:
  QuantizedValues(Scribe& scribe, const Graph& graph) : scribe_(scribe), graph_(graph) {}

  /// QuantizeLinear of `real` to the codes of the value.
  void quantize(ValueId id, const std::string& real, const std::string& node);
  /// The codes of the value become the nearest levels of its codebook.
  void find_levels(ValueId id, const std::string& node);
  /// A DequantizeLinear of its own: for a new name, or into `result`.
  std::string dequantize(ValueId id, const std::string& result = {});
  /// Name of the codes: an initializer, or what quantize has written.
  const std::string& codes(ValueId id);

 private:
  struct Names {
    std::string scale, zero_point, codes;
  };
  Names& names(ValueId id);

  Scribe& scribe_;
  const Graph& graph_;
  std::map<ValueId, Names> names_;
};

}  // namespace galet::exporters
