// The graph under construction, as the converters of TorchScript operators use it.
#pragma once

#include "galet/torch/torchscript/script_value.h"

namespace galet::torch {

constexpr int64_t kMostElements = int64_t{1} << 28;  // of one tensor computed while importing

class GraphBuilder {
 public:
  Graph graph;

  Ref input(const std::string& name, DType dtype, const Shape& shape);
  Ref constant(std::string name, Tensor data) const;
  /// One application of an operator; computed at once where all operands are constants. Absent operands are nullptr.
  std::vector<Ref> emit(std::string_view op, const std::string& name, std::vector<Ref> operands, Attributes attributes);
  /// The value in the graph; constants enter it here. Throws Error for a tensor that was changed through another view of it.
  ValueId materialize(const Ref& tensor);
};

}  // namespace galet::torch
