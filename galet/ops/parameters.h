// Which constants of a network are learned, and what PyTorch calls them.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "galet/ir/graph.h"

namespace galet::ops {

struct Learned {
  size_t operand = 0;
  std::string_view part;  // "weight", "running_mean"
};

/// Empty for operators that learn nothing.
std::span<const Learned> learned_operands(const Op& op);
/// The same of one node, and the factors "NAME.scale" that networks multiply by (FCOS learns one a level).
std::vector<Learned> learned_operands(const Graph& graph, const Node& node);

/// The constants that stand there, each once, in the order of use.
std::vector<ValueId> parameters_of(const Graph& graph);

}  // namespace galet::ops
