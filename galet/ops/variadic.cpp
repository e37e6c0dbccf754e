// min, max, sum and mean of any number of tensors, element by element with numpy broadcasting, folded from left to right.
#include "galet/ops/broadcast.h"

namespace galet::ops {
namespace {

template <Types types>
std::vector<TensorType> infer(const OpCall& call) {
  expect_same_types(call, types);
  return {result_type(call, call.dtype(0), broadcast_shape(call))};
}

/// f(f(f(src0, src1), src2), ...), each step on tensors of the final shape; the first is src0 repeated.
template <typename T, typename F>
Tensor fold(const OpCall& call, std::span<const Tensor> operands, F f) {
  const Shape shape = broadcast_shape(call);
  Tensor total = map_broadcast<T, T>(operands[0], Tensor(call.dtype(0), shape), shape, [](T a, T) { return a; });
  for (size_t i = 1; i < operands.size(); ++i) total = map_broadcast<T, T>(total, operands[i], shape, f);
  return total;
}

template <auto f>
std::vector<Tensor> fold_numbers(const OpCall& call, std::span<const Tensor> operands) {
  return dispatch_numbers(call.dtype(0), [&](auto zero) { return std::vector<Tensor>{fold<decltype(zero)>(call, operands, f)}; });
}

std::vector<Tensor> sum(const OpCall& call, std::span<const Tensor> operands) {
  return dispatch_floats(call.dtype(0), [&](auto zero) {
    return std::vector<Tensor>{fold<decltype(zero)>(call, operands, [](auto a, auto b) { return a + b; })};
  });
}

std::vector<Tensor> mean(const OpCall& call, std::span<const Tensor> operands) {
  Tensor total = sum(call, operands)[0];
  dispatch_floats(call.dtype(0), [&](auto zero) {
    auto* dst = total.mutable_data<decltype(zero)>();
    for (int64_t i = 0; i < total.size(); ++i) dst[i] /= static_cast<decltype(zero)>(operands.size());
  });
  return {total};
}

// NaN wins, as in numpy.
template <typename T>
T smaller(T a, T b) {
  return a != a || a < b ? a : b;
}
template <typename T>
T larger(T a, T b) {
  return a != a || b < a ? a : b;
}

}  // namespace

Op min_op() {
  return {.name = "min",
          .operands = {"srcs..."},
          .attributes = {},
          .infer = infer<Types::numbers>,
          .reference = fold_numbers<[](auto a, auto b) { return smaller(a, b); }>};
}
Op max_op() {
  return {.name = "max",
          .operands = {"srcs..."},
          .attributes = {},
          .infer = infer<Types::numbers>,
          .reference = fold_numbers<[](auto a, auto b) { return larger(a, b); }>};
}
Op mean_op() { return {.name = "mean", .operands = {"srcs..."}, .attributes = {}, .infer = infer<Types::floats>, .reference = mean}; }
Op sum_op() { return {.name = "sum", .operands = {"srcs..."}, .attributes = {}, .infer = infer<Types::floats>, .reference = sum}; }

}  // namespace galet::ops
