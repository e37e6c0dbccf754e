// What training makes small.
#pragma once

#include <ATen/core/Tensor.h>

#include <functional>
#include <span>

#include "galet/torch/train/batches.h"

namespace galet::torch::train {

/// A scalar from the network's outputs. May run a teacher on batch.images under at::NoGradGuard.
using LossFunction = std::function<at::Tensor(std::span<const at::Tensor> outputs, const Minibatch& batch)>;

/// Mean cross entropy of scores (n, classes, 1...) with the batch's labels, mixed where the batch is; `smoothing` of the wanted
/// distribution is spread over all classes (Szegedy et al. 2015). Images without a label (-1) count nothing.
at::Tensor cross_entropy(const at::Tensor& scores, const Minibatch& batch, double smoothing = 0);
/// temperature^2 times the mean Kullback-Leibler divergence of the softened scores from the teacher's (Hinton et al. 2015).
at::Tensor distillation(const at::Tensor& scores, const at::Tensor& teacher, double temperature = 1);

}  // namespace galet::torch::train
