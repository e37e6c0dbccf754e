// Which batch norms of a graph go together with the addition and the activation after them.
#pragma once

#include <map>
#include <vector>

#include "galet/ir/graph.h"
#include "galet/torch/fused/norm_kernels.h"

namespace galet::torch::fused {

struct NormGroup {
  std::vector<NodeId> nodes;    // in order: batch_norm, perhaps add, perhaps the activation; computed where the last one stands
  std::vector<ValueId> inside;  // results that nobody else reads
  ValueId residual;             // the addition's other operand; invalid where there is none
  Activation activation = Activation::none;
};

/// Every batch norm, alone where nothing goes with it. No node is in two groups.
std::vector<NormGroup> find_norms(const Graph& graph);

}  // namespace galet::torch::fused
