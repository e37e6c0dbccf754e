// The graph in the shape that ONNX's operators want, and that ONNX Runtime fuses.
#pragma once

#include "galet/ir/graph.h"

namespace galet::exporters {

/// A copy in which linear layers read two dimensions (reshapes around them where src has another rank) and a quantized mean over h and w is
/// a global average pool. Facts are kept.
Graph lower_for_onnx(const Graph& graph);

}  // namespace galet::exporters
