// Which values grow with the number of images, and whether the whole network can be run on several at once.
#pragma once

#include <set>
#include <string>

#include "galet/ir/graph.h"

namespace galet::exporters {

struct BatchUse {
  std::set<ValueId> batched;   // the number of images is the outermost factor of the first extent
  std::string node, obstacle;  // the first node that mixes images or puts them elsewhere, and how; empty: none
};

/// Follows the first extent of the inputs. `batched` is empty where there is an obstacle.
BatchUse follow_batch(const Graph& graph);

}  // namespace galet::exporters
