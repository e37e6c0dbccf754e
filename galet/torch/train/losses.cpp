#include "galet/torch/train/losses.h"

#include <ATen/ATen.h>

namespace galet::torch::train {
namespace {

at::Tensor one_loss(const at::Tensor& scores, const at::Tensor& labels, double smoothing) {
  return at::cross_entropy_loss(scores, labels, {}, at::Reduction::Mean, -1, smoothing);
}

}  // namespace

at::Tensor cross_entropy(const at::Tensor& scores, const Minibatch& batch, double smoothing) {
  const at::Tensor rows = scores.flatten(1).to(at::kFloat);
  const at::Tensor own = one_loss(rows, batch.labels, smoothing);
  if (!batch.other_labels.defined()) return own;
  return own * batch.share + one_loss(rows, batch.other_labels, smoothing) * (1 - batch.share);
}

at::Tensor distillation(const at::Tensor& scores, const at::Tensor& teacher, double temperature) {
  const at::Tensor mine = at::log_softmax(scores.flatten(1).to(at::kFloat) / temperature, 1),
                   theirs = at::log_softmax(teacher.flatten(1).to(at::kFloat) / temperature, 1);
  return at::kl_div(mine, theirs, at::Reduction::Sum, true) * (temperature * temperature / static_cast<double>(scores.size(0)));
}

}  // namespace galet::torch::train
