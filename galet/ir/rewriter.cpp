#include "galet/ir/rewriter.h"

#include <algorithm>

namespace galet {

NodeId Rewriter::insert(const Op& op, std::string name, std::vector<ValueId> operands, Attributes attributes) {
  return graph_.add_node(op, std::move(name), std::move(operands), std::move(attributes));
}

ValueId Rewriter::constant(std::string name, Tensor data) { return graph_.add_constant(std::move(name), std::move(data)); }

ValueId Rewriter::quantized_constant(std::string name, Tensor codes, QuantSpec spec) {
  const ValueId id = graph_.add_constant(std::move(name), std::move(codes));
  graph_.values_[id.index].dtype = DType::f32;
  graph_.values_[id.index].quant = std::move(spec);
  return id;
}

void Rewriter::replace_uses(ValueId from, ValueId to, bool keep_name) {
  for (auto& slot : graph_.nodes_)
    if (slot.alive) std::replace(slot.operands.begin(), slot.operands.end(), from, to);
  std::replace(graph_.outputs_.begin(), graph_.outputs_.end(), from, to);
  if (!keep_name) return;
  Value& old_value = graph_.values_[from.index];
  Value& new_value = graph_.values_[to.index];
  const std::string wanted = old_value.name;
  old_value.name = graph_.fresh_value_name(wanted);
  graph_.value_names_.erase(wanted);
  graph_.value_names_.erase(new_value.name);
  graph_.value_names_.emplace(old_value.name, from.index);
  new_value.name = wanted;
  graph_.value_names_.emplace(wanted, to.index);
}

void Rewriter::set_outputs(std::vector<ValueId> outputs) {
  for (const ValueId id : outputs) graph_.value(id);  // throws for what does not exist
  graph_.outputs_ = std::move(outputs);
}

void Rewriter::set_operand(NodeId node, size_t i, ValueId value) {
  auto& operands = graph_.nodes_.at(node.index).operands;
  if (i >= operands.size()) operands.resize(i + 1);
  operands[i] = value;
}

void Rewriter::set_attribute(NodeId node, const std::string& name, Attribute attribute) {
  graph_.nodes_.at(node.index).attributes[name] = std::move(attribute);
}

void Rewriter::set_op(NodeId node, const Op& op, Attributes attributes) {
  graph_.nodes_.at(node.index).op = &op;
  graph_.nodes_.at(node.index).attributes = std::move(attributes);
}

void Rewriter::remove(NodeId node) {
  auto& slot = graph_.nodes_.at(node.index);
  slot.alive = false;
  graph_.node_names_.erase(slot.name);
}

void Rewriter::rename(NodeId node, std::string name) {
  auto& slot = graph_.nodes_.at(node.index);
  graph_.node_names_.erase(slot.name);
  slot.name = graph_.fresh_node_name(name);
  graph_.node_names_.emplace(slot.name, node.index);
}

void Rewriter::rename_value(ValueId value, const std::string& name) {
  Value& v = graph_.values_.at(value.index);
  graph_.value_names_.erase(v.name);
  v.name = graph_.fresh_value_name(name);
  graph_.value_names_.emplace(v.name, value.index);
}

void Rewriter::set_constant(ValueId value, Tensor data) {
  Value& v = graph_.values_.at(value.index);
  if (!v.quant) v.dtype = data.dtype();
  v.shape = data.shape();
  v.constant = std::move(data);
}

void Rewriter::set_quant(ValueId value, std::optional<QuantSpec> spec) { graph_.values_.at(value.index).quant = std::move(spec); }
void Rewriter::set_stats(ValueId value, std::optional<Stats> stats) { graph_.values_.at(value.index).stats = std::move(stats); }
void Rewriter::set_mask(ValueId value, Tensor mask) { graph_.values_.at(value.index).mask = std::move(mask); }

int Rewriter::remove_dead() {
  int removed = 0;
  std::vector<NodeId> order = graph_.order();
  std::vector<int> uses(graph_.values_.size(), 0);
  for (const NodeId id : order)
    for (const ValueId operand : graph_.node(id).operands)
      if (operand.valid()) ++uses[operand.index];
  for (const ValueId id : graph_.outputs_) ++uses[id.index];
  for (auto it = order.rbegin(); it != order.rend(); ++it) {
    const Node& node = graph_.node(*it);
    if (std::any_of(node.results.begin(), node.results.end(), [&](ValueId r) { return uses[r.index] > 0; })) continue;
    for (const ValueId operand : node.operands)
      if (operand.valid()) --uses[operand.index];
    remove(*it);
    ++removed;
  }
  return removed;
}

void Rewriter::reinfer() {
  for (const NodeId id : graph_.order()) {
    const OpCall call = graph_.call(id);
    const std::vector<TensorType> types = call.op.infer(call);
    const auto& results = graph_.node(id).results;
    if (types.size() != results.size()) call.fail("{} results, its shape rule gives {}", results.size(), types.size());
    for (size_t i = 0; i < types.size(); ++i) {
      graph_.values_[results[i].index].dtype = types[i].dtype;
      graph_.values_[results[i].index].shape = types[i].shape;
    }
  }
}

void Rewriter::remark(std::string_view node, std::string decision, std::string reason,
                      std::vector<std::pair<std::string, double>> numbers) {
  remarks_.push_back({step_, std::string(node), std::move(decision), std::move(reason), std::move(numbers)});
}

}  // namespace galet
