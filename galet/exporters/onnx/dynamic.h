// Weighted nodes whose source is quantized while the network runs.
#pragma once

#include <map>
#include <string>

#include "galet/exporters/onnx/quantized.h"
#include "galet/exporters/onnx/translate.h"

namespace galet::exporters {

/// Codes, scale and zero point that a DynamicQuantizeLinear finds.
struct DynamicCodes {
  std::string codes, scale, zero_point;
};

class DynamicWriter {
 public:
  DynamicWriter(Scribe& scribe, const Graph& graph) : scribe_(scribe), graph_(graph) {}

  /// The node reads a dynamic spec with a coded constant weight.
  bool applies(NodeId id) const;
  /// float(integer sums) * (scale * weight scale) + bias, into `dst`. `src` is the real source, `bias` its name or "".
  void write(NodeId id, const std::string& src, const std::string& bias, QuantizedValues& values, const std::string& dst);

 private:
  const DynamicCodes& codes_of(ValueId src, const std::string& real);

  Scribe& scribe_;
  const Graph& graph_;
  std::map<ValueId, DynamicCodes> codes_;
};

}  // namespace galet::exporters
