// Bias correction: rounding weights shifts the mean of a layer's results; the shift is measured and taken out of the integer bias.
// Nagel et al., "Data-Free Quantization Through Weight Equalization and Bias Correction" (2019), section 4.2 and appendix D: empirical,
// layer after layer.
#pragma once

#include <cstdint>

#include "galet/core/progress.h"
#include "galet/core/remark.h"
#include "galet/ir/graph.h"

namespace galet::data {
class Dataset;
}

namespace galet::quantize {

struct CorrectBiasOptions {
  int64_t samples = 64;
  uint64_t seed = 1;
  int threads = 0;
};

/// `graph` was made from `reference` by quantize(Mode::fixed); nodes are matched by name. One remark per corrected layer.
/// Throws Error when a quantized layer has no counterpart in `reference`.
Remarks correct_bias(Graph& graph, const Graph& reference, const data::Dataset& dataset, const CorrectBiasOptions& options = {},
                     Progress& progress = no_progress());

}  // namespace galet::quantize
