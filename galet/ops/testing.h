// Helpers of the operators' tests: one node, run by its reference.
#pragma once

#include <vector>

#include "galet/ir/graph.h"
#include "galet/ops/ops.h"

namespace galet::ops::testing {

/// All results of one call of the operator's reference; checks that they have the types and shapes that its shape rule promised.
inline std::vector<Tensor> run_all(std::string_view op, const std::vector<Tensor>& operands, Attributes attributes = {}) {
  Graph graph;
  std::vector<ValueId> ids;
  for (const Tensor& operand : operands) ids.push_back(operand ? graph.add_input("x", operand.dtype(), operand.shape()) : ValueId{});
  const NodeId node = graph.add_node(get(op), "n", ids, std::move(attributes));
  const OpCall call = graph.call(node);
  std::vector<Tensor> results = call.op.reference(call, operands);
  if (results.size() != graph.node(node).results.size())
    fail("{}: {} results, promised {}", op, results.size(), graph.node(node).results.size());
  for (size_t i = 0; i < results.size(); ++i) {
    const Value& promised = graph.value(graph.result(node, i));
    if (results[i].dtype() != promised.dtype || results[i].shape() != promised.shape)
      fail("{}: result {} is {}[{}], promised {}[{}]", op, i, to_string(results[i].dtype()), to_string(results[i].shape()),
           to_string(promised.dtype), to_string(promised.shape));
  }
  return results;
}
inline Tensor run(std::string_view op, const std::vector<Tensor>& operands, Attributes attributes = {}) {
  return run_all(op, operands, std::move(attributes))[0];
}

template <typename T>
Tensor tensor(Shape shape, const std::vector<T>& values) {
  return Tensor::from<T>(std::move(shape), values);
}
/// 0, 1, 2, ...
template <typename T>
Tensor iota(Shape shape) {
  Tensor t(DTypeOf<T>::value, std::move(shape));
  for (int64_t i = 0; i < t.size(); ++i) t.mutable_data<T>()[i] = static_cast<T>(i);
  return t;
}
template <typename T>
std::vector<T> values(const Tensor& t) {
  return {t.span<T>().begin(), t.span<T>().end()};
}

}  // namespace galet::ops::testing
