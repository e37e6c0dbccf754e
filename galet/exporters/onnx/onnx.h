// Writes a network as ONNX: the float network, or the quantized one in QDQ form, which ONNX Runtime computes with the same bits
// (docs/arithmetic.md).
#pragma once

#include <cstdint>
#include <string>

#include "galet/core/remark.h"
#include "galet/ir/graph.h"

namespace galet::exporters {

struct OnnxExportOptions {
  int64_t opset = 13;  // at least; raised where an operator needs more
  std::string producer = "galet";
};

struct OnnxExport {
  int64_t opset = 0;  // the one written
  Remarks remarks;    // the opset that was raised and for which node; the batch that had to stay fixed and why
};

/// Every value with a static QuantSpec is written as QuantizeLinear after its producer and one DequantizeLinear per reader; weights and
/// biases as their codes with DequantizeLinear; convolutions and linear layers that read a dynamic spec as DynamicQuantizeLinear and
/// ConvInteger or MatMulInteger. With graph.dynamic_batch the first extent of inputs and outputs is the symbol "N". Preprocessing, labels,
/// calibration samples and metadata of graph.info go into the model's metadata under "galet.". The file is written whole or not at all.
/// Throws Error: for operators and element types that ONNX has not (all of them in one error), for more than 2 GB of constants, when
/// writing fails.
OnnxExport export_onnx(const Graph& graph, const std::string& path, const OnnxExportOptions& options = {});

}  // namespace galet::exporters
