// src where it is not negative, else slope * src; slope broadcasts to src (never the other way round).
#include "galet/ops/broadcast.h"
#include "galet/ops/wrapping.h"

namespace galet::ops {
namespace {

std::vector<TensorType> infer(const OpCall& call) {
  expect_same_types(call, Types::numbers);
  expect_broadcasts_to(call, 1, call.shape(0));
  return {call.type(0)};
}

std::vector<Tensor> reference(const OpCall& call, std::span<const Tensor> operands) {
  return dispatch_numbers(call.dtype(0), [&](auto zero) {
    using T = decltype(zero);
    return std::vector<Tensor>{
        map_broadcast<T, T>(operands[0], operands[1], call.shape(0), [](T x, T slope) { return x < 0 ? times(slope, x) : x; })};
  });
}

}  // namespace

Op prelu_op() { return {.name = "prelu", .operands = {"src", "slope"}, .attributes = {}, .infer = infer, .reference = reference}; }

}  // namespace galet::ops
