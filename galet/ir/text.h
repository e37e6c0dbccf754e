// The text form of a graph: for people, for tests, for diffs. parse(print(g)) equals g.
#pragma once

#include <functional>
#include <string>

#include "galet/ir/graph.h"

namespace galet {

/// Finds an operator by name; nullptr when unknown. galet::ops::find is the usual one.
using FindOp = std::function<const Op*(std::string_view name)>;

struct PrintOptions {
  bool constants = true;  // small constants in full; large ones as `f32[64x3x7x7] #hash` (which parse refuses: use the package)
  bool facts = true;
};

std::string print(const Graph& graph, const PrintOptions& options = {});
/// Throws Error with line and column.
Graph parse(const std::string& text, const FindOp& find_op);

}  // namespace galet
