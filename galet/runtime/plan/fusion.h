// Which nodes ride on a convolution's epilogue. Decided before lowering, from the graph alone.
#pragma once

#include <map>

#include "galet/runtime/computation.h"

namespace galet::runtime {

/// A weighted node and what follows it, all of single readers: a table (or, in float, a clamp), then an addition, then the place in a
/// concat.
struct Fusion {
  NodeId head;
  NodeId table;            // int8: a node of Computation::table
  NodeId clamp;            // float: relu or clip
  NodeId add;              // the other operand has the shape of the result
  size_t add_operand = 0;  // which operand of `add` is ours
  NodeId concat;           // along channels: the result is written where the concat wants it
  size_t concat_operand = 0;
  NodeId last;  // the node at whose turn all of it is computed
  ValueId result;
};

struct FusionMap {
  std::map<NodeId, Fusion> by_head;
  std::map<NodeId, NodeId> head_of;  // fused table, clamp and add nodes
};

/// Empty where `keep_all`: then only single nodes.
FusionMap plan_fusions(const Graph& graph, const std::map<NodeId, Choice>& choices, bool keep_all);

}  // namespace galet::runtime
