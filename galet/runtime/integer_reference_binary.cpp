// add, sub, mul on codes, with numpy broadcasting.
#include "galet/kernels/reference/arithmetic.h"
#include "galet/ops/activation.h"
#include "galet/runtime/codes.h"
#include "galet/runtime/integer_reference.h"

namespace galet::runtime::reference {
namespace {

template <typename F>
Tensor broadcast(const Tensor& a, const Tensor& b, const Shape& shape, F f) {
  const size_t rank = shape.size();
  auto steps_of = [&](const Tensor& tensor) {
    Shape steps(rank, 0);
    const Shape own = strides_of(tensor.shape());
    const size_t missing = rank - tensor.rank();
    for (size_t i = missing; i < rank; ++i) steps[i] = tensor.dim(i - missing) == 1 ? 0 : own[i - missing];
    return steps;
  };
  const Shape a_steps = steps_of(a), b_steps = steps_of(b), dst_strides = strides_of(shape);
  Tensor dst(DType::u8, shape);
  uint8_t* q = dst.mutable_data<uint8_t>();
  for (int64_t i = 0; i < dst.size(); ++i) {
    int64_t rest = i, a_index = 0, b_index = 0;
    for (size_t axis = 0; axis < rank; ++axis) {
      const int64_t at = rest / dst_strides[axis];
      rest %= dst_strides[axis];
      a_index += at * a_steps[axis];
      b_index += at * b_steps[axis];
    }
    q[i] = f(a.data<uint8_t>()[a_index], b.data<uint8_t>()[b_index]);
  }
  return dst;
}

}  // namespace

Tensor add(const Graph& graph, NodeId id, const Choice& choice, std::span<const Tensor> operands) {
  const Node& node = graph.node(id);
  const Affine a = *affine_of(graph.value(node.operands[0])), b = *affine_of(graph.value(node.operands[1]));
  const OpCall call = graph.call(id);
  Affine to = *affine_of(graph.value(node.results[0]));
  if (call.has_attribute("activation")) {
    const ops::ActivationRange activation = ops::activation_range(call);
    to = narrowed(to, activation.min, activation.max);
  }
  const kernels::AddCoefficients coefficients = kernels::add_coefficients(a.scale, a.zero_point, b.scale, b.zero_point, to.scale,
                                                                          to.zero_point, to.lo, to.hi, node.op->name == "sub");
  const Shape& shape = graph.value(node.results[0]).shape;
  if (choice.fixed_point) {
    kernels::c99::galet_sum sum{};
    if (!kernels::c99_fixed_sum(coefficients.ra, a.zero_point, coefficients.rb, b.zero_point, to.zero_point, to.lo, to.hi, sum))
      fail("{} \"{}\": its scales are too far apart for a fixed-point sum", node.op->name, node.name);
    return broadcast(operands[0], operands[1], shape,
                     [&](uint8_t p, uint8_t q) { return kernels::c99_fixed::galet_add_codes(p, q, &sum); });
  }
  return broadcast(operands[0], operands[1], shape, [&](uint8_t p, uint8_t q) { return kernels::add_codes(p, q, coefficients); });
}

Tensor mul(const Graph& graph, NodeId id, const Choice& choice, std::span<const Tensor> operands) {
  const Node& node = graph.node(id);
  const Affine a = *affine_of(graph.value(node.operands[0])), b = *affine_of(graph.value(node.operands[1])),
               to = *affine_of(graph.value(node.results[0]));
  const float m = kernels::requantize_multiplier(a.scale, b.scale, to.scale);
  return broadcast(operands[0], operands[1], graph.value(node.results[0]).shape, [&](uint8_t p, uint8_t q) {
    if (choice.fixed_point)
      return kernels::c99_fixed::galet_mul_codes(p - a.zero_point, q - b.zero_point, kernels::c99_mul_scale(m), to.zero_point, to.lo,
                                                 to.hi);
    return kernels::mul_codes(p - a.zero_point, q - b.zero_point, m, to.zero_point, to.lo, to.hi);
  });
}

}  // namespace galet::runtime::reference
