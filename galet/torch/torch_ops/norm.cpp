#include <ATen/ATen.h>

#include "galet/torch/torch_ops.h"

namespace galet::torch::forms {

std::vector<at::Tensor> batch_norm(const Application& a, Operands x) {
  return {at::batch_norm(x[0], x[1], x[2], x[3], x[4], a.training, a.bn_momentum, a.call.get_float("epsilon"), false)};
}

std::vector<at::Tensor> instance_norm(const Application& a, Operands x) {
  return {at::instance_norm(x[0], x[1], x[2], {}, {}, true, 0.0, a.call.get_float("epsilon"), false)};
}

std::vector<at::Tensor> group_norm(const Application& a, Operands x) {
  return {at::group_norm(x[0], a.call.get_int("groups"), x[1], x[2], a.call.get_float("epsilon"), false)};
}

std::vector<at::Tensor> layer_norm(const Application& a, Operands x) {
  int64_t axis = a.call.get_int("axis");
  if (axis < 0) axis += x[0].dim();
  std::vector<int64_t> axes;
  for (int64_t i = axis; i < x[0].dim(); ++i) axes.push_back(i);
  const at::Tensor mean = x[0].mean(axes, true);
  const at::Tensor centred = x[0] - mean;
  const at::Tensor inverse = at::rsqrt(at::square(centred).mean(axes, true) + a.call.get_float("epsilon"));
  at::Tensor y = centred * inverse;
  if (x.size() > 1 && x[1].defined()) y = y * x[1];
  if (x.size() > 2 && x[2].defined()) y = y + x[2];
  if (a.call.get_int("statistics") == 0) return {y};
  return {y, mean, inverse};
}

std::vector<at::Tensor> lrn(const Application& a, Operands x) {
  const int64_t size = a.call.get_int("size");
  const int64_t before = (size - 1) / 2, after = size - 1 - before;
  const at::Tensor padded = at::constant_pad_nd(at::square(x[0]), {0, 0, 0, 0, before, after});
  at::Tensor sum = padded.narrow(1, 0, x[0].size(1));
  for (int64_t i = 1; i < size; ++i) sum = sum + padded.narrow(1, i, x[0].size(1));
  return {x[0] *
          at::pow(sum * (a.call.get_float("alpha") / static_cast<float>(size)) + a.call.get_float("bias"), -a.call.get_float("beta"))};
}

std::vector<at::Tensor> lp_normalization(const Application& a, Operands x) {
  const int64_t axis = a.call.get_int("axis");
  const at::Tensor norm = x[0].norm(a.call.get_int("p"), {axis}, true);
  return {at::where(norm == 0, at::zeros_like(x[0]), x[0] / norm)};
}

std::vector<at::Tensor> softmax(const Application& a, Operands x) { return {at::softmax(x[0], a.call.get_int("axis"))}; }
std::vector<at::Tensor> log_softmax(const Application& a, Operands x) { return {at::log_softmax(x[0], a.call.get_int("axis"))}; }

}  // namespace galet::torch::forms
