// Comparisons of two tensors (equal also of bool), logic on bool, with numpy broadcasting.
#include "galet/ops/broadcast.h"

namespace galet::ops {
namespace {

template <Types types>
std::vector<TensorType> infer(const OpCall& call) {
  expect_same_types(call, types);
  return {result_type(call, DType::boolean, broadcast_shape(call))};
}

template <auto f>
std::vector<Tensor> compare(const OpCall& call, std::span<const Tensor> operands) {
  return dispatch(call.dtype(0), [&](auto zero) {
    return std::vector<Tensor>{map_broadcast<decltype(zero), bool>(operands[0], operands[1], broadcast_shape(call), f)};
  });
}

template <auto f, Types types>
Op comparison(std::string_view name) {
  return {.name = name, .operands = {"a", "b"}, .attributes = {}, .infer = infer<types>, .reference = compare<f>};
}

}  // namespace

Op equal_op() {
  return comparison<[](auto a, auto b) { return a == b; }, Types::any>("equal");
}
Op less_op() {
  return comparison<[](auto a, auto b) { return a < b; }, Types::numbers>("less");
}
Op less_or_equal_op() {
  return comparison<[](auto a, auto b) { return a <= b; }, Types::numbers>("less_or_equal");
}
Op greater_op() {
  return comparison<[](auto a, auto b) { return b < a; }, Types::numbers>("greater");
}
Op greater_or_equal_op() {
  return comparison<[](auto a, auto b) { return b <= a; }, Types::numbers>("greater_or_equal");
}

namespace {

template <auto f>
Op logic(std::string_view name) {
  return {.name = name,
          .operands = {"a", "b"},
          .attributes = {},
          .infer = infer<Types::booleans>,
          .reference = [](const OpCall& call, std::span<const Tensor> operands) {
            return std::vector<Tensor>{map_broadcast<bool, bool>(operands[0], operands[1], broadcast_shape(call), f)};
          }};
}

}  // namespace

Op and_op() {
  return logic<[](bool a, bool b) { return a && b; }>("and");
}
Op or_op() {
  return logic<[](bool a, bool b) { return a || b; }>("or");
}
Op xor_op() {
  return logic<[](bool a, bool b) { return a != b; }>("xor");
}

}  // namespace galet::ops
