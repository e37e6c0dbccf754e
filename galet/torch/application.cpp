#include "galet/torch/application.h"

#include <ATen/ATen.h>

#include <map>

#include "galet/ops/activation.h"
#include "galet/torch/torch_ops.h"

namespace galet::torch {

TorchFunction find_torch_function(std::string_view op) {
  static const std::map<std::string_view, TorchFunction> all{
#define TORCH_OP(name) {#name, forms::name},
#include "galet/torch/torch_ops.inc"
#undef TORCH_OP
  };
  const auto found = all.find(op);
  return found == all.end() ? nullptr : found->second;
}

at::Tensor activate(const Application& a, at::Tensor x) {
  const std::string& kind = a.call.get_string("activation");
  if (kind == "none") return x;
  if (kind == "relu") return at::relu(x);
  const ops::ActivationRange range = ops::activation_range(a.call);
  return at::clamp(x, range.min, range.max);
}

}  // namespace galet::torch
