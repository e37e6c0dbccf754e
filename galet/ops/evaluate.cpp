#include "galet/ops/evaluate.h"

#include <map>

#include "galet/ops/spec.h"

namespace galet::ops {

std::vector<Tensor> evaluate_reference(const Graph& graph, std::span<const Tensor> inputs, Specs specs,
                                       const std::function<void(ValueId, const Tensor&)>& visit) {
  if (inputs.size() != graph.inputs().size()) fail("{} inputs given, the graph has {}", inputs.size(), graph.inputs().size());
  std::map<ValueId, Tensor> known;
  auto learn = [&](ValueId id, Tensor tensor) {
    const Value& value = graph.value(id);
    if (specs == Specs::rounded && value.quant && !value.quant->dynamic && tensor.dtype() == DType::f32)
      tensor = to_real(to_codes(tensor, *value.quant), *value.quant);
    if (visit) visit(id, tensor);
    known[id] = std::move(tensor);
  };
  auto find = [&](ValueId id) -> const Tensor& {
    const Value& value = graph.value(id);
    if (value.is_constant() && !known.contains(id)) known[id] = value.quant ? to_real(value.constant, *value.quant) : value.constant;
    return known.at(id);
  };
  for (size_t i = 0; i < inputs.size(); ++i) {
    const Value& value = graph.value(graph.inputs()[i]);
    if (inputs[i].dtype() != value.dtype || inputs[i].shape() != value.shape)
      fail("input \"{}\" is {}[{}], expected {}[{}]", value.name, to_string(inputs[i].dtype()), to_string(inputs[i].shape()),
           to_string(value.dtype), to_string(value.shape));
    learn(graph.inputs()[i], inputs[i]);
  }
  for (const NodeId id : graph.order()) {
    const Node& node = graph.node(id);
    std::vector<Tensor> operands;
    for (const ValueId operand : node.operands) operands.push_back(operand.valid() ? find(operand) : Tensor{});
    OpCall call = graph.call(id);
    for (size_t i = 0; i < operands.size(); ++i)
      if (call.operands[i].constant) call.operands[i].constant = operands[i];
    std::vector<Tensor> results = node.op->reference(call, operands);
    for (size_t i = 0; i < results.size(); ++i) learn(node.results.at(i), std::move(results[i]));
  }
  std::vector<Tensor> outputs;
  for (const ValueId id : graph.outputs()) outputs.push_back(find(id));
  return outputs;
}

}  // namespace galet::ops
