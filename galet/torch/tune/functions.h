// Quantizers as functions that autograd knows.
#pragma once

#include <ATen/core/Tensor.h>

#include "galet/torch/tune/quantization.h"

namespace galet::torch::tune {

/// The quantized weight, shaped as the weight; gradients go to it and to slot.learned.
at::Tensor quantize_weight(const at::Tensor& weight, WeightSlot& slot);
/// The quantized activation; gradients go to it and to slot.learned. The first extent is the batch.
at::Tensor quantize_activation(const at::Tensor& x, ActivationSlot& slot);
/// Range and a sample of at most `most` values.
quantizers::Observed observe(const at::Tensor& x, int64_t most);

}  // namespace galet::torch::tune
