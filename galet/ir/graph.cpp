#include "galet/ir/graph.h"

#include <algorithm>
#include <set>

#include "galet/ir/check.h"

namespace galet {
namespace {

std::string fresh(const std::map<std::string, uint32_t, std::less<>>& taken, const std::string& wanted) {
  if (!wanted.empty() && !taken.contains(wanted)) return wanted;
  for (int i = 1;; ++i) {
    std::string name = (wanted.empty() ? "value" : wanted) + "_" + std::to_string(i);
    if (!taken.contains(name)) return name;
  }
}

}  // namespace

std::string Graph::fresh_value_name(const std::string& wanted) const { return fresh(value_names_, wanted); }
std::string Graph::fresh_node_name(const std::string& wanted) const { return fresh(node_names_, wanted.empty() ? "node" : wanted); }

ValueId Graph::add_value(Value value) {
  value.name = fresh_value_name(value.name);
  const ValueId id{static_cast<uint32_t>(values_.size())};
  value_names_.emplace(value.name, id.index);
  values_.push_back(std::move(value));
  return id;
}

ValueId Graph::add_input(std::string name, DType dtype, Shape shape) {
  count(shape);  // throws where the shape is absurd
  Value value;
  value.name = std::move(name);
  value.dtype = dtype;
  value.shape = std::move(shape);
  const ValueId id = add_value(std::move(value));
  inputs_.push_back(id);
  return id;
}

ValueId Graph::add_constant(std::string name, Tensor data, std::optional<QuantSpec> quant) {
  Value value;
  value.name = std::move(name);
  value.dtype = quant ? DType::f32 : data.dtype();
  value.quant = std::move(quant);
  value.shape = data.shape();
  value.constant = std::move(data);
  return add_value(std::move(value));
}

NodeId Graph::add_node(const Op& op, std::string name, std::vector<ValueId> operands, Attributes attributes,
                       std::vector<std::string> result_names) {
  for (const ValueId operand : operands)
    if (operand.valid() && operand.index >= values_.size()) fail("{} \"{}\": an operand does not exist", op.name, name);
  NodeSlot slot;
  slot.op = &op;
  slot.name = fresh_node_name(name);
  slot.operands = std::move(operands);
  slot.attributes = std::move(attributes);
  const NodeId id{static_cast<uint32_t>(nodes_.size())};
  nodes_.push_back(std::move(slot));
  std::vector<TensorType> types;
  try {
    const OpCall what = call(id);
    check_schema(what);
    types = op.infer(what);
  } catch (...) {
    nodes_.pop_back();
    throw;
  }
  node_names_.emplace(nodes_.back().name, id.index);
  for (size_t i = 0; i < types.size(); ++i) {
    Value value;
    value.name = i < result_names.size() && !result_names[i].empty() ? result_names[i]
                 : i == 0                                            ? nodes_[id.index].name
                                                                     : nodes_[id.index].name + ":" + std::to_string(i);
    value.dtype = types[i].dtype;
    value.shape = types[i].shape;
    value.producer = id;
    const ValueId result = add_value(std::move(value));
    nodes_[id.index].results.push_back(result);
  }
  return id;
}

void Graph::add_output(ValueId value) {
  this->value(value);
  outputs_.push_back(value);
}

const Node& Graph::node(NodeId id) const {
  if (id.index >= nodes_.size() || !nodes_[id.index].alive) throw std::logic_error("node id out of range");
  return nodes_[id.index];
}

const Value& Graph::value(ValueId id) const {
  if (id.index >= values_.size()) throw std::logic_error("value id out of range");
  return values_[id.index];
}

std::vector<NodeId> Graph::order() const {
  // Depth first without recursion, from the nodes in slot order: stable, and linear in the size of the graph.
  std::vector<NodeId> order;
  std::vector<char> state(nodes_.size(), 0);  // 0 new, 1 entered, 2 done
  std::vector<std::pair<uint32_t, size_t>> stack;
  for (uint32_t root = 0; root < nodes_.size(); ++root) {
    if (!nodes_[root].alive || state[root] != 0) continue;
    stack.emplace_back(root, 0);
    state[root] = 1;
    while (!stack.empty()) {
      auto& [index, next] = stack.back();
      const NodeSlot& slot = nodes_[index];
      if (next == slot.operands.size()) {
        state[index] = 2;
        order.push_back(NodeId{index});
        stack.pop_back();
        continue;
      }
      const ValueId operand = slot.operands[next++];
      if (!operand.valid()) continue;
      const NodeId producer = values_[operand.index].producer;
      if (!producer.valid() || state[producer.index] == 2) continue;
      if (state[producer.index] == 1) fail("the graph has a cycle through node \"{}\"", nodes_[producer.index].name);
      if (!nodes_[producer.index].alive) fail("node \"{}\" reads \"{}\", whose node was removed", slot.name, values_[operand.index].name);
      state[producer.index] = 1;
      stack.emplace_back(producer.index, 0);
    }
  }
  return order;
}

std::vector<ValueId> Graph::values() const {
  std::vector<ValueId> all;
  std::vector<char> seen(values_.size(), 0);
  auto visit = [&](ValueId id) {
    if (!id.valid() || seen[id.index]) return;
    seen[id.index] = 1;
    all.push_back(id);
  };
  for (const ValueId id : inputs_) visit(id);
  for (const NodeId id : order()) {
    for (const ValueId operand : nodes_[id.index].operands) visit(operand);
    for (const ValueId result : nodes_[id.index].results) visit(result);
  }
  for (const ValueId id : outputs_) visit(id);
  return all;
}

std::vector<NodeId> Graph::readers(ValueId value) const {
  std::vector<NodeId> found;
  for (uint32_t i = 0; i < nodes_.size(); ++i)
    if (nodes_[i].alive && std::find(nodes_[i].operands.begin(), nodes_[i].operands.end(), value) != nodes_[i].operands.end())
      found.push_back(NodeId{i});
  return found;
}

bool Graph::is_output(ValueId value) const { return std::find(outputs_.begin(), outputs_.end(), value) != outputs_.end(); }

std::optional<ValueId> Graph::find_value(std::string_view name) const {
  const auto it = value_names_.find(name);
  if (it == value_names_.end()) return std::nullopt;
  return ValueId{it->second};
}

std::optional<NodeId> Graph::find_node(std::string_view name) const {
  const auto it = node_names_.find(name);
  if (it == node_names_.end()) return std::nullopt;
  return NodeId{it->second};
}

OpCall Graph::call(NodeId id) const {
  const Node& n = node(id);
  std::vector<Operand> operands;
  operands.reserve(n.operands.size());
  for (const ValueId operand : n.operands) {
    if (!operand.valid()) {
      operands.emplace_back();
      continue;
    }
    const Value& v = value(operand);
    operands.push_back({true, {v.dtype, v.shape}, v.constant});
  }
  return OpCall(*n.op, n.name, n.attributes, std::move(operands));
}

}  // namespace galet
