// a where condition holds, else b; numpy broadcasting over all three.
#include "galet/ops/broadcast.h"

namespace galet::ops {
namespace {

std::vector<TensorType> infer(const OpCall& call) {
  expect_types(call, 0, Types::booleans);
  expect_same_types(call, Types::any, 1);
  return {result_type(call, call.dtype(1), broadcast_shape(call))};
}

std::vector<Tensor> reference(const OpCall& call, std::span<const Tensor> operands) {
  const Shape shape = broadcast_shape(call);
  Tensor result(call.dtype(1), shape);
  dispatch(call.dtype(1), [&](auto zero) {
    using T = decltype(zero);
    const bool* condition = operands[0].data<bool>();
    const T *a = operands[1].data<T>(), *b = operands[2].data<T>();
    T* dst = result.mutable_data<T>();
    for_each_broadcast<3>(shape, {&call.shape(0), &call.shape(1), &call.shape(2)},
                          [&](int64_t i, const std::array<int64_t, 3>& at) { dst[i] = condition[at[0]] ? a[at[1]] : b[at[2]]; });
  });
  return {result};
}

}  // namespace

Op where_op() { return {.name = "where", .operands = {"condition", "a", "b"}, .attributes = {}, .infer = infer, .reference = reference}; }

}  // namespace galet::ops
