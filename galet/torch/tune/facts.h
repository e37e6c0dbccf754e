// From what was trained to the facts of an integer network.
#pragma once

#include "galet/torch/tune/quantization.h"

namespace galet::torch::tune {

/// The integer network: `base` (the graph that schemes are made of) with the executor's constants; the same scheme again, its specs and
/// codes. Codes of weights are those of training; a batch norm behind a layer goes into the scales (times scale / sqrt(var + epsilon), per
/// channel) and into the int32 bias.
Graph integer_network(const Executor& executor, const Quantization& quantization, const Graph& base, const pipeline::TuneRecipe& recipe,
                      int bits, Remarks& remarks);

}  // namespace galet::torch::tune
