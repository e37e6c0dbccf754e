// Declares a function for each row of quantizers.inc; for the files of this folder.
#pragma once

#include "galet/torch/quantizers/quantizer.h"

namespace galet::torch::quantizers {

#define WEIGHTS(name, least, most) std::unique_ptr<WeightQuantizer> make_weights_##name(int bits);
#define ACTIVATIONS(name, least, most) std::unique_ptr<ActivationQuantizer> make_activations_##name(int bits);
#include "galet/torch/quantizers/quantizers.inc"
#undef WEIGHTS
#undef ACTIVATIONS

}  // namespace galet::torch::quantizers
