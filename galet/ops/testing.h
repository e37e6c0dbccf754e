// Helpers of the operators' tests: one node, run by its reference.
#pragma once

#include <algorithm>
#include <cmath>
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

inline Tensor f32(Shape shape, const std::vector<float>& data) { return tensor<float>(std::move(shape), data); }
inline Tensor f32(const std::vector<float>& data) { return f32({static_cast<int64_t>(data.size())}, data); }
inline Tensor i32(const std::vector<int32_t>& data) { return tensor<int32_t>({static_cast<int64_t>(data.size())}, data); }

/// Equal shapes, and all elements within 1e-5 of what is wanted (relative above 1; infinities equal, NaN where NaN).
inline bool close(const Tensor& found, const Tensor& wanted) {
  bool good = found.shape() == wanted.shape() && found.dtype() == wanted.dtype();
  for (int64_t i = 0; good && i < wanted.size(); ++i) {
    const float x = found.data<float>()[i], y = wanted.data<float>()[i];
    good = x == y || (x != x && y != y) || std::abs(x - y) <= 1e-5f * std::max(1.0f, std::abs(y));
  }
  return good;
}

}  // namespace galet::ops::testing

/// (In a test, after doctest.h.) The operator refuses these operands with an error that contains `text`.
#define CHECK_REFUSED(text, ...) CHECK_THROWS_WITH_AS(galet::ops::testing::run(__VA_ARGS__), doctest::Contains(text), galet::Error)
