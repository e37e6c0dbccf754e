#include <ATen/ATen.h>

#include "galet/torch/torch_ops.h"

namespace galet::torch::forms {
namespace {

template <typename F>
at::Tensor fold(Operands x, F f) {
  at::Tensor y = x[0];
  for (size_t i = 1; i < x.size(); ++i) y = f(y, x[i]);
  return y;
}

}  // namespace

#define BINARY(name, expression) \
  std::vector<at::Tensor> name(const Application&, Operands x) { return {expression}; }
BINARY(sub, x[0] - x[1])
BINARY(mul, x[0] * x[1])
BINARY(pow, at::pow(x[0], x[1]))
BINARY(equal, x[0] == x[1])
BINARY(less, x[0] < x[1])
BINARY(less_or_equal, x[0] <= x[1])
BINARY(greater, x[0] > x[1])
BINARY(greater_or_equal, x[0] >= x[1])
BINARY(where, at::where(x[0], x[1], x[2]))
BINARY(min, fold(x, [](const at::Tensor& p, const at::Tensor& q) { return at::minimum(p, q); }))
BINARY(max, fold(x, [](const at::Tensor& p, const at::Tensor& q) { return at::maximum(p, q); }))
BINARY(sum, fold(x, [](const at::Tensor& p, const at::Tensor& q) { return p + q; }))
BINARY(prelu, at::where(x[0] < 0, x[0] * x[1], x[0]))
#undef BINARY

std::vector<at::Tensor> add(const Application& a, Operands x) { return {activate(a, x[0] + x[1])}; }

std::vector<at::Tensor> div(const Application&, Operands x) {
  if (at::isIntegralType(x[0].scalar_type(), true)) return {at::div(x[0], x[1], "trunc")};
  return {x[0] / x[1]};
}

std::vector<at::Tensor> mean(const Application& a, Operands x) { return {sum(a, x)[0] / static_cast<double>(x.size())}; }

}  // namespace galet::torch::forms
