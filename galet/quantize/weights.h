// Gives the weights and biases of integer layers their specs and codes.
#pragma once

#include "galet/ir/rewriter.h"
#include "galet/quantize/regions.h"

namespace galet::quantize {

/// Mode::fixed wants the specs of activations set before (biases depend on them); Mode::dynamic leaves biases float.
/// A weight that several layers share stays shared where all of them are integer; a bias never does. Returns the bytes of all codes.
int64_t quantize_weights(Rewriter& rewriter, const Regions& regions, const QuantizeOptions& options);

}  // namespace galet::quantize
