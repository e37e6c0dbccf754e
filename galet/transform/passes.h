// Rewrites of the graph that keep what it computes. docs/adding-a-pass.md says how to add one.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "galet/core/remark.h"
#include "galet/ir/graph.h"

namespace galet::transform {

/// Names of all passes, in the order of passes.inc.
const std::vector<std::string>& pass_names();
/// Those that simplify() runs.
const std::vector<std::string>& default_passes();

/// Runs one pass to its fixpoint and verifies the graph. Throws Error listing the names for an unknown one.
Remarks run_pass(Graph& graph, std::string_view name);
/// Runs the default passes in order, and again while any of them changed something, except the ones named in `without`.
/// Remarks: everything that was applied, in order, then what was kept and why. Throws Error for an unknown name in `without`.
Remarks simplify(Graph& graph, const std::vector<std::string>& without = {});

}  // namespace galet::transform
