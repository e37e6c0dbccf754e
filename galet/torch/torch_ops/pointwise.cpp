#include <ATen/ATen.h>

#include "galet/torch/tensors.h"
#include "galet/torch/torch_ops.h"

namespace galet::torch::forms {

#define SAME(name, function) \
  std::vector<at::Tensor> name(const Application&, Operands x) { return {function(x[0])}; }
SAME(relu, at::relu)
SAME(sigmoid, at::sigmoid)
SAME(silu, at::silu)
SAME(tanh, at::tanh)
SAME(exp, at::exp)
SAME(log, at::log)
SAME(sqrt, at::sqrt)
SAME(reciprocal, at::reciprocal)
SAME(abs, at::abs)
SAME(neg, at::neg)
SAME(floor, at::floor)
SAME(ceil, at::ceil)
SAME(round, at::round)
SAME(erf, at::erf)
SAME(sign, at::sign)
SAME(sin, at::sin)
SAME(cos, at::cos)
SAME(identity, at::Tensor)
#undef SAME

std::vector<at::Tensor> clip(const Application& a, Operands x) {
  at::Tensor y = x[0];
  if (a.call.has_attribute("min")) y = at::clamp_min(y, a.call.get_float("min"));
  if (a.call.has_attribute("max")) y = at::clamp_max(y, a.call.get_float("max"));
  return {y};
}

std::vector<at::Tensor> leaky_relu(const Application& a, Operands x) { return {at::leaky_relu(x[0], a.call.get_float("alpha"))}; }
std::vector<at::Tensor> elu(const Application& a, Operands x) { return {at::elu(x[0], a.call.get_float("alpha"))}; }
std::vector<at::Tensor> selu(const Application& a, Operands x) {
  return {at::elu(x[0], a.call.get_float("alpha"), a.call.get_float("gamma"))};
}
std::vector<at::Tensor> celu(const Application& a, Operands x) { return {at::celu(x[0], a.call.get_float("alpha"))}; }

std::vector<at::Tensor> hard_sigmoid(const Application& a, Operands x) {
  return {at::clamp(x[0] * a.call.get_float("alpha") + a.call.get_float("beta"), 0, 1)};
}
std::vector<at::Tensor> hard_swish(const Application&, Operands x) { return {at::hardswish(x[0])}; }
std::vector<at::Tensor> gelu(const Application& a, Operands x) { return {at::gelu(x[0], a.call.get_string("approximate"))}; }
std::vector<at::Tensor> softplus(const Application&, Operands x) { return {at::softplus(x[0])}; }
std::vector<at::Tensor> softsign(const Application&, Operands x) { return {x[0] / (1 + at::abs(x[0]))}; }
std::vector<at::Tensor> mish(const Application&, Operands x) { return {at::mish(x[0])}; }
std::vector<at::Tensor> thresholded_relu(const Application& a, Operands x) {
  return {at::where(x[0] > a.call.get_float("alpha"), x[0], at::zeros_like(x[0]))};
}
std::vector<at::Tensor> cast(const Application& a, Operands x) { return {x[0].to(scalar_type(parse_dtype(a.call.get_string("to"))))}; }

}  // namespace galet::torch::forms
