// Clips weights to the range that an observer finds for them: what n-sigma clipping of weights means.
#pragma once

#include <string>

#include "galet/ir/graph.h"
#include "galet/quantize/quantize.h"

namespace galet::pipeline {

/// Every weight that `options` would quantize is clamped to the observer's range of its values: per output channel where
/// options.per_channel, else of the whole tensor. Returns the fraction of weights that moved. Throws Error for an unknown observer.
double clip_weights(Graph& graph, const std::string& observer, const quantize::QuantizeOptions& options);

}  // namespace galet::pipeline
