#include "galet/torch/train/optimizer.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <cmath>

#include "galet/core/error.h"

namespace galet::torch::train {

Rule parse_rule(const std::string& name) {
  if (name == "sgd") return Rule::sgd;
  if (name == "adam") return Rule::adam;
  if (name == "adamw") return Rule::adamw;
  fail("unknown optimizer \"{}\", expected sgd, adam or adamw", name);
}

Optimizer::Optimizer(const OptimizerOptions& options, std::vector<ParameterGroup> groups) : options_(options), groups_(std::move(groups)) {
  const bool adam = options_.rule != Rule::sgd;
  for (const ParameterGroup& group : groups_) {
    std::vector<Slot>& slots = slots_.emplace_back();
    for (const NamedTensor& p : group.tensors) {
      Slot& slot = slots.emplace_back();
      if (adam || options_.momentum != 0) slot.first = at::zeros_like(p.tensor);
      if (adam) slot.second = at::zeros_like(p.tensor), slot.steps = at::zeros({}, at::kLong);
    }
  }
}

void Optimizer::update(const at::Tensor& p, const at::Tensor& gradient, Slot& slot, double lr, double weight_decay) const {
  at::Tensor g = gradient;
  if (options_.rule == Rule::adamw)
    p.mul_(1 - lr * weight_decay);
  else if (weight_decay != 0)
    g = g.add(p, weight_decay);
  if (options_.rule == Rule::sgd) {
    if (options_.momentum != 0) {
      slot.first.mul_(options_.momentum).add_(g);
      g = options_.nesterov ? g.add(slot.first, options_.momentum) : slot.first;
    }
    p.add_(g, -lr);
    return;
  }
  const auto t = static_cast<double>(++*slot.steps.data_ptr<int64_t>());
  slot.first.mul_(options_.beta1).add_(g, 1 - options_.beta1);
  slot.second.mul_(options_.beta2).addcmul_(g, g, 1 - options_.beta2);
  const double correct1 = 1 - std::pow(options_.beta1, t), correct2 = 1 - std::pow(options_.beta2, t);
  p.addcdiv_(slot.first, slot.second.sqrt().div_(std::sqrt(correct2)).add_(options_.epsilon), -lr / correct1);
}

void Optimizer::step(double lr) {
  const at::NoGradGuard no_grad;
  for (size_t i = 0; i < groups_.size(); ++i)
    for (size_t j = 0; j < groups_[i].tensors.size(); ++j) {
      const at::Tensor& p = groups_[i].tensors[j].tensor;
      if (p.grad().defined()) update(p, p.grad(), slots_[i][j], lr * groups_[i].rate, groups_[i].weight_decay);
    }
}

void Optimizer::zero_gradients() {
  for (ParameterGroup& group : groups_)
    for (NamedTensor& p : group.tensors) p.tensor.mutable_grad() = at::Tensor();
}

double Optimizer::clip_gradients(double limit) {
  const at::NoGradGuard no_grad;
  double sum = 0;
  for (const ParameterGroup& group : groups_)
    for (const NamedTensor& p : group.tensors)
      if (p.tensor.grad().defined()) {
        const double norm = p.tensor.grad().norm().item<double>();
        sum += norm * norm;
      }
  const double norm = std::sqrt(sum);
  if (limit > 0 && norm > limit)
    for (const ParameterGroup& group : groups_)
      for (const NamedTensor& p : group.tensors)
        if (p.tensor.grad().defined()) p.tensor.grad().mul_(limit / (norm + 1e-6));
  return norm;
}

std::vector<NamedTensor> Optimizer::state() const {
  std::vector<NamedTensor> result;
  for (size_t i = 0; i < groups_.size(); ++i)
    for (size_t j = 0; j < groups_[i].tensors.size(); ++j) {
      const std::string& name = groups_[i].tensors[j].name;
      const Slot& slot = slots_[i][j];
      if (slot.first.defined()) result.push_back({"first." + name, slot.first});
      if (slot.second.defined()) result.push_back({"second." + name, slot.second});
      if (slot.steps.defined()) result.push_back({"steps." + name, slot.steps});
    }
  return result;
}

}  // namespace galet::torch::train
