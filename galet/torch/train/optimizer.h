// Parameter updates: SGD with momentum, Adam, AdamW, as torch.optim defines them.
#pragma once

#include <ATen/core/Tensor.h>

#include <string>
#include <vector>

namespace galet::torch::train {

struct NamedTensor {
  std::string name;
  at::Tensor tensor;
};

/// Tensors that share a rate and a weight decay.
struct ParameterGroup {
  std::string name;
  std::vector<NamedTensor> tensors;  // leaves that require gradients
  double rate = 1;                   // times the schedule's learning rate
  double weight_decay = 0;
};

enum class Rule : uint8_t {
  sgd,    // v = momentum v + g; p -= lr v (Nesterov: lr (g + momentum v)); g includes weight decay
  adam,   // Kingma and Ba 2014; g includes weight decay
  adamw,  // Loshchilov and Hutter 2017: p shrinks by lr * weight_decay first
};
Rule parse_rule(const std::string& name);

struct OptimizerOptions {
  Rule rule = Rule::sgd;
  double momentum = 0.9;
  bool nesterov = true;
  double beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8;
};

class Optimizer {
 public:
  Optimizer(const OptimizerOptions& options, std::vector<ParameterGroup> groups);

  /// One update from the gradients as they are; a tensor without a gradient is left alone, as torch.optim does.
  void step(double lr);
  void zero_gradients();
  /// Gradients are scaled down so that their common L2 norm is at most `limit`; returns the norm before.
  double clip_gradients(double limit);
  const std::vector<ParameterGroup>& groups() const { return groups_; }
  /// Moments and step counts, to be saved and, by copying into them, restored.
  std::vector<NamedTensor> state() const;

 private:
  struct Slot {
    at::Tensor first, second, steps;  // moments (second: Adam only); i64 scalar, Adam only
  };
  void update(const at::Tensor& p, const at::Tensor& g, Slot& slot, double lr, double weight_decay) const;

  OptimizerOptions options_;
  std::vector<ParameterGroup> groups_;
  std::vector<std::vector<Slot>> slots_;  // as groups_
};

}  // namespace galet::torch::train
