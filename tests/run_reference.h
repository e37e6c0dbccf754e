// Runs a graph node by node through the operators' references.
#pragma once

#include <map>

#include "galet/ir/graph.h"

namespace galet::tests {

/// Outputs in graph order; `inputs` in the order of graph.inputs(). Throws Error where a reference does.
inline std::vector<Tensor> run_reference(const Graph& graph, const std::vector<Tensor>& inputs) {
  std::map<ValueId, Tensor> values;
  for (size_t i = 0; i < graph.inputs().size(); ++i) values[graph.inputs()[i]] = inputs.at(i);
  const auto value = [&](ValueId id) {
    return !id.valid() ? Tensor() : graph.value(id).is_constant() ? graph.value(id).constant : values.at(id);
  };
  for (const NodeId id : graph.order()) {
    std::vector<Tensor> operands;
    for (const ValueId operand : graph.node(id).operands) operands.push_back(value(operand));
    const std::vector<Tensor> results = graph.node(id).op->reference(graph.call(id), operands);
    for (size_t i = 0; i < results.size(); ++i) {
      const Value& declared = graph.value(graph.result(id, i));
      if (results[i].dtype() != declared.dtype || results[i].shape() != declared.shape)
        fail("node \"{}\" gives {} {}, its shape rule said {} {}", graph.node(id).name, to_string(results[i].dtype()),
             to_string(results[i].shape()), to_string(declared.dtype), to_string(declared.shape));
      values[graph.result(id, i)] = results[i];
    }
  }
  std::vector<Tensor> outputs;
  for (const ValueId id : graph.outputs()) outputs.push_back(value(id));
  return outputs;
}

}  // namespace galet::tests
