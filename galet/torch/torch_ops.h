// Declares a function for each row of torch_ops.inc; for torch_ops/*.cpp.
#pragma once

#include "galet/torch/application.h"

namespace galet::torch::forms {

#define TORCH_OP(name) std::vector<at::Tensor> name(const Application& a, Operands x);
#include "galet/torch/torch_ops.inc"
#undef TORCH_OP

}  // namespace galet::torch::forms
