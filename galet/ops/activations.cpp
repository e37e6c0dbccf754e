// Activation functions of one element with parameters. Those that use exp or log are computed in double and rounded once (see map_double);
// the piecewise linear ones in the element type, step by step as ONNX's function bodies write them.
#include <algorithm>
#include <cmath>

#include "galet/ops/pointwise.h"

namespace galet::ops {
namespace {

double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }
double softplus(double x) { return x > 0 ? x + std::log1p(std::exp(-x)) : std::log1p(std::exp(x)); }

/// An operator whose function has parameters: f(x, a, b) with the first two attributes (0 where there are fewer).
template <auto f>
Op parametric(std::string_view name, std::vector<AttributeSpec> attributes) {
  return {.name = name,
          .operands = {"src"},
          .attributes = std::move(attributes),
          .infer = infer_floats,
          .reference =
              [](const OpCall& call, std::span<const Tensor> operands) {
                const auto& specs = call.op.attributes;
                const float a = specs.empty() ? 0 : call.get_float(specs[0].name), b = specs.size() < 2 ? 0 : call.get_float(specs[1].name);
                return map_floats(operands, [=](auto x) { return f(x, static_cast<decltype(x)>(a), static_cast<decltype(x)>(b)); });
              },
          .quant = QuantTrait::table};
}

/// max(0, min(1, alpha * x + beta))
template <typename T>
T hard_sigmoid(T x, T alpha, T beta) {
  return std::max(T{0}, std::min(T{1}, alpha * x + beta));
}

std::vector<Tensor> gelu(const OpCall& call, std::span<const Tensor> operands) {
  if (call.get_string("approximate") == "none")  // x * Phi(x)
    return map_double(operands, [](double x) { return 0.5 * x * (1 + std::erf(x * std::sqrt(0.5))); });
  const double k = std::sqrt(2 / std::acos(-1.0));
  return map_double(operands, [=](double x) { return 0.5 * x * (1 + std::tanh(k * (x + 0.044715 * x * x * x))); });
}

std::vector<TensorType> infer_gelu(const OpCall& call) {
  const std::string& approximate = call.get_string("approximate");
  if (approximate != "none" && approximate != "tanh") call.fail("approximate is \"{}\", expected none or tanh", approximate);
  return infer_floats(call);
}

}  // namespace

Op leaky_relu_op() {
  return parametric<[](auto x, auto alpha, auto) { return x < 0 ? alpha * x : x; }>("leaky_relu", {{"alpha", 0.01f}});
}
Op elu_op() {
  return parametric<[](auto x, auto alpha, auto) { return x < 0 ? alpha * std::expm1(double{x}) : double{x}; }>("elu", {{"alpha", 1.0f}});
}
Op selu_op() {
  return parametric<[](auto x, auto alpha, auto gamma) { return gamma * (x > 0 ? double{x} : alpha * std::expm1(double{x})); }>(
      "selu", {{"alpha", 1.67326319217681884765625f}, {"gamma", 1.05070102214813232421875f}});
}
Op celu_op() {
  return parametric<[](auto x, auto alpha, auto) { return x < 0 ? alpha * std::expm1(double{x} / alpha) : double{x}; }>("celu",
                                                                                                                        {{"alpha", 1.0f}});
}
Op sigmoid_op() { return double_function<sigmoid>("sigmoid"); }
Op hard_sigmoid_op() {
  return parametric<[](auto x, auto alpha, auto beta) { return hard_sigmoid(x, alpha, beta); }>("hard_sigmoid",
                                                                                                {{"alpha", 0.2f}, {"beta", 0.5f}});
}
Op hard_swish_op() {  // x * hard_sigmoid(x, 1/6, 1/2)
  return parametric<[](auto x, auto, auto) { return x * hard_sigmoid(x, decltype(x){1.0f / 6}, decltype(x){0.5f}); }>("hard_swish", {});
}
Op silu_op() {
  return double_function<[](double x) { return x * sigmoid(x); }>("silu");
}
Op tanh_op() {
  return double_function<[](double x) { return std::tanh(x); }>("tanh");
}
Op gelu_op() {
  return {.name = "gelu",
          .operands = {"src"},
          .attributes = {{"approximate", std::string("none")}},
          .infer = infer_gelu,
          .reference = gelu,
          .quant = QuantTrait::table};
}
Op softplus_op() { return double_function<softplus>("softplus"); }
Op softsign_op() {
  return parametric<[](auto x, auto, auto) { return x / (1 + std::abs(x)); }>("softsign", {});
}
Op mish_op() {
  return double_function<[](double x) { return x * std::tanh(softplus(x)); }>("mish");
}
Op thresholded_relu_op() {
  return parametric<[](auto x, auto alpha, auto) { return alpha < x ? x : decltype(x){0}; }>("thresholded_relu", {{"alpha", 1.0f}});
}

}  // namespace galet::ops
