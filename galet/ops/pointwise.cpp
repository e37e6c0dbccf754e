#include "galet/ops/pointwise.h"

namespace galet::ops {

std::vector<TensorType> infer_same(const OpCall& call) { return {call.type(0)}; }

std::vector<TensorType> infer_floats(const OpCall& call) {
  expect_types(call, 0, Types::floats);
  return {call.type(0)};
}

std::vector<TensorType> infer_numbers(const OpCall& call) {
  expect_types(call, 0, Types::numbers);
  return {call.type(0)};
}

}  // namespace galet::ops
