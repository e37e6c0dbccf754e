// Statistics after pruning: what a layer loses shifts and shrinks its results, and every layer behind it was trained for others. Batch
// norms get the mean and variance of their sources as they are now; where norms were folded, each convolution's results are scaled and
// shifted back to the deviation and mean that the same channel had before pruning, which is the same thing. Layer after layer, each seeing
// what the corrected ones before it give. In quantized networks the same by scales of weights and codes of biases. Unlabelled images
// suffice.
#pragma once

#include "galet/core/progress.h"
#include "galet/prune/prune.h"

namespace galet::data {
class Dataset;
}

namespace galet::prune {

struct CorrectOptions {
  int64_t samples = 256;  // images; fewer where they would not fit into `memory`
  uint64_t seed = 1;
  int threads = 0;
  int64_t memory = int64_t{1} << 30;  // bytes of activations held at once
};

/// `graph` was made from `before` by prune_weights or remove_channels, `places` as Pruned has it. One remark for each kind of correction
/// and for layers left alone. Throws Error for more than one input, and for no images.
Remarks correct_statistics(Graph& graph, const Graph& before, const std::map<uint32_t, std::vector<int64_t>>& places,
                           const data::Dataset& dataset, const CorrectOptions& options = {}, Progress& progress = no_progress());

}  // namespace galet::prune
