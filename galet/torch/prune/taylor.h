// What the loss changes by, to first order, when a weight goes (Molchanov et al. 2019, "Importance estimation for neural network pruning").
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "galet/data/dataset.h"
#include "galet/ir/graph.h"

namespace galet::torch {

struct TaylorOptions {
  int64_t samples = 512, batch = 32;  // images, drawn at random; of one step
  uint64_t seed = 1;
};

/// |w dL/dw| of every weight that a layer is trained with, by its name, in the order of the constant: the mean over batches of cross
/// entropy with the labels, or with the network's own answer where an image has none. Batch norms keep their statistics. Throws Error for
/// networks without float weights, and for no images.
std::map<std::string, std::vector<float>> taylor_scores(const Graph& graph, std::shared_ptr<const data::Dataset> dataset,
                                                        const TaylorOptions& options = {});

}  // namespace galet::torch
