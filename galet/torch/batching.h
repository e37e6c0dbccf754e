// Whether many images can go through a graph of batch 1 at once, as a larger first extent.
#pragma once

#include <string>
#include <vector>

#include "galet/ir/graph.h"

namespace galet::torch {

struct Batching {
  std::vector<bool> batched;  // by ValueId::index: depends on an input
  std::string obstacle;       // empty: all images at once; else the node that mixes images or hides the batch, and why
};

/// Every value that depends on an input must keep the batch as its first extent, and no node may compute across it. Where one does, the
/// caller runs image by image.
Batching find_batching(const Graph& graph);

}  // namespace galet::torch
