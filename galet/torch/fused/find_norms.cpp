#include "galet/torch/fused/find_norms.h"

#include <algorithm>
#include <optional>
#include <set>

namespace galet::torch::fused {
namespace {

/// The only reader of a value that is no output.
std::optional<NodeId> lone_reader(const Graph& graph, ValueId value) {
  const std::vector<NodeId> readers = graph.readers(value);
  if (readers.size() != 1 || graph.is_output(value)) return std::nullopt;
  const Node& node = graph.node(readers[0]);
  return std::count(node.operands.begin(), node.operands.end(), value) == 1 ? std::optional(readers[0]) : std::nullopt;
}

std::optional<Activation> activation_of(const Graph& graph, NodeId id) {
  const OpCall call = graph.call(id);
  if (call.op.name == "relu") return Activation::relu;
  if (call.op.name == "hard_swish") return Activation::hard_swish;
  if (call.op.name == "clip" && call.has_attribute("min") && call.has_attribute("max") && call.get_float("min") == 0 &&
      call.get_float("max") == 6)
    return Activation::relu6;
  return std::nullopt;
}

void add_activation(const Graph& graph, NormGroup& group) {
  const ValueId value = graph.result(group.nodes.back());
  const auto reader = lone_reader(graph, value);
  if (!reader) return;
  const auto activation = activation_of(graph, *reader);
  if (!activation || (group.residual.valid() && *activation != Activation::relu)) return;
  group.inside.push_back(value);
  group.nodes.push_back(*reader);
  group.activation = *activation;
}

void add_addition(const Graph& graph, const std::set<NodeId>& taken, NormGroup& group) {
  const ValueId value = graph.result(group.nodes.back());
  const auto reader = lone_reader(graph, value);
  if (!reader || taken.contains(*reader) || graph.node(*reader).op->name != "add") return;
  const Node& add = graph.node(*reader);
  const ValueId other = add.operands[0] == value ? add.operands[1] : add.operands[0];
  const std::string& fused = graph.call(*reader).get_string("activation");
  if (graph.value(other).is_constant() || graph.value(other).shape != graph.value(value).shape || (fused != "none" && fused != "relu"))
    return;
  group.inside.push_back(value);
  group.nodes.push_back(*reader);
  group.residual = other;
  if (fused == "relu") group.activation = Activation::relu;
}

}  // namespace

std::vector<NormGroup> find_norms(const Graph& graph) {
  std::vector<NormGroup> groups;
  std::set<NodeId> taken;
  const std::vector<NodeId> order = graph.order();
  // From the end: of two batch norms that meet in an addition, the later one takes it, when the other's result is there already.
  for (auto id = order.rbegin(); id != order.rend(); ++id) {
    const Node& node = graph.node(*id);
    if (node.op->name != "batch_norm" || graph.value(node.results[0]).dtype != DType::f32) continue;
    NormGroup group{{*id}, {}, {}, Activation::none};
    add_addition(graph, taken, group);
    if (group.activation == Activation::none) add_activation(graph, group);
    taken.insert(group.nodes.begin(), group.nodes.end());
    groups.push_back(std::move(group));
  }
  return groups;
}

}  // namespace galet::torch::fused
