// Mixed precision: operators that gain from it compute in half or bfloat16, the weights stay f32.
#pragma once

#include <ATen/core/Tensor.h>

#include <string>
#include <vector>

namespace galet::torch::train {

enum class Precision : uint8_t { f32, bf16, f16 };
Precision parse_precision(const std::string& name);

/// While it lives, operators on that device run under libtorch's autocast. Nothing for f32.
class Autocast {
 public:
  Autocast(Precision precision, at::Device device);
  ~Autocast();
  Autocast(const Autocast&) = delete;
  Autocast& operator=(const Autocast&) = delete;

 private:
  bool active_, cuda_;
};

/// The loss is multiplied so that small gradients survive half precision (Micikevicius et al. 2017): halved when a gradient overflows,
/// doubled after 2000 steps without.
class LossScale {
 public:
  explicit LossScale(bool active) : scale(active ? 65536 : 1), active_(active) {}
  double scale;
  int64_t good_steps = 0;
  /// Divides the gradients; false: one of them is not finite, so the step is to be left out.
  bool unscale(const std::vector<at::Tensor>& parameters);

 private:
  bool active_;
};

}  // namespace galet::torch::train
