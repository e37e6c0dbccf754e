// Batch norm, what is added to it and the activation after it as one differentiable function.
#pragma once

#include <ATen/core/Tensor.h>

#include "galet/torch/fused/norm_kernels.h"

namespace galet::torch::fused {

struct NormCall {
  at::Tensor x, weight, bias, running_mean, running_var;
  at::Tensor residual;  // undefined: none; else of x's shape
  Activation activation = Activation::none;
  bool training = true;
  double momentum = 0.1, epsilon = 1e-5;
};

/// f(batch_norm(x) [+ residual]), as at::batch_norm, add and the activation would give it, rounding apart. Kernels of our own where x is
/// f32 on the CPU with its channels innermost in memory, else those three.
at::Tensor norm(const NormCall& call);

}  // namespace galet::torch::fused
