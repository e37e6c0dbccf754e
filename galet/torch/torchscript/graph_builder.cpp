#include "galet/torch/torchscript/graph_builder.h"

#include <algorithm>

#include "galet/ir/check.h"
#include "galet/ops/ops.h"

namespace galet::torch {
namespace {

Ref make(std::string name, TensorType type) {
  auto tensor = std::make_shared<ScriptTensor>();
  tensor->name = std::move(name);
  tensor->type = std::move(type);
  return tensor;
}

void check_fresh(const Ref& tensor) {
  if (tensor->stale())
    fail("reads \"{}\" after another view of the same memory was written to; write to a copy (clone) instead", tensor->name);
}

}  // namespace

Ref GraphBuilder::input(const std::string& name, DType dtype, const Shape& shape) {
  const ValueId id = graph.add_input(name, dtype, shape);
  Ref tensor = make(graph.value(id).name, {dtype, shape});
  tensor->id = id;
  return tensor;
}

Ref GraphBuilder::constant(std::string name, Tensor data) const {
  Ref tensor = make(std::move(name), {data.dtype(), data.shape()});
  tensor->constant = std::move(data);
  return tensor;
}

ValueId GraphBuilder::materialize(const Ref& tensor) {
  check_fresh(tensor);
  if (!tensor->id.valid()) tensor->id = graph.add_constant(tensor->name, tensor->constant);
  return tensor->id;
}

std::vector<Ref> GraphBuilder::emit(std::string_view op, const std::string& name, std::vector<Ref> operands, Attributes attributes) {
  const Op& what = ops::get(op);
  while (!operands.empty() && !operands.back()) operands.pop_back();
  std::vector<Ref> results;
  if (std::all_of(operands.begin(), operands.end(), [](const Ref& x) { return !x || x->constant; })) {
    std::vector<Operand> call_operands;
    std::vector<Tensor> tensors;
    for (const Ref& x : operands) {
      if (x) check_fresh(x);
      call_operands.push_back(x ? Operand{true, x->type, x->constant} : Operand{});
      tensors.push_back(x ? x->constant : Tensor());
    }
    const OpCall call(what, name, attributes, std::move(call_operands));
    check_schema(call);
    for (const TensorType& type : what.infer(call))
      if (count(type.shape) > kMostElements)
        fail("a constant of shape {} is too large to be computed while importing", to_string(type.shape));
    for (Tensor& tensor : what.reference(call, tensors)) results.push_back(constant(name, std::move(tensor)));
    return results;
  }
  std::vector<ValueId> ids;
  for (const Ref& x : operands) ids.push_back(x ? materialize(x) : ValueId{});
  const NodeId node = graph.add_node(what, graph.fresh_node_name(name), std::move(ids), std::move(attributes));
  for (const ValueId id : graph.node(node).results) {
    Ref tensor = make(graph.value(id).name, {graph.value(id).dtype, graph.value(id).shape});
    tensor->id = id;
    results.push_back(std::move(tensor));
  }
  return results;
}

}  // namespace galet::torch
