#include "galet/ops/parameters.h"

#include <set>

namespace galet::ops {
namespace {

constexpr Learned kWeightBias[] = {{1, "weight"}, {2, "bias"}}, kWeight[] = {{1, "weight"}}, kEither[] = {{0, "weight"}, {1, "weight"}},
                  kBatchNorm[] = {{1, "weight"}, {2, "bias"}, {3, "running_mean"}, {4, "running_var"}};

struct Row {
  std::string_view op;
  std::span<const Learned> learned;
};
constexpr Row kRows[] = {{"conv2d", kWeightBias},     {"conv_transpose2d", kWeightBias}, {"linear", kWeightBias},
                         {"matmul", kEither},         {"batch_norm", kBatchNorm},        {"instance_norm", kWeightBias},
                         {"group_norm", kWeightBias}, {"layer_norm", kWeightBias},       {"prelu", kWeight}};

}  // namespace

std::span<const Learned> learned_operands(const Op& op) {
  for (const Row& row : kRows)
    if (row.op == op.name) return row.learned;
  return {};
}

std::vector<Learned> learned_operands(const Graph& graph, const Node& node) {
  const std::span<const Learned> rows = learned_operands(*node.op);
  std::vector<Learned> out(rows.begin(), rows.end());
  if (node.op->name != "mul") return out;
  for (size_t i = 0; i < node.operands.size(); ++i) {
    const Value& value = graph.value(node.operands[i]);
    if (value.is_constant() && value.name.ends_with(".scale")) out.push_back({i, "scale"});
  }
  return out;
}

std::vector<ValueId> parameters_of(const Graph& graph) {
  std::vector<ValueId> out;
  std::set<uint32_t> seen;
  for (const NodeId id : graph.order()) {
    const Node& node = graph.node(id);
    for (const Learned& learned : learned_operands(graph, node)) {
      if (learned.operand >= node.operands.size()) continue;
      const ValueId value = node.operands[learned.operand];
      if (value.valid() && graph.value(value).is_constant() && seen.insert(value.index).second) out.push_back(value);
    }
  }
  return out;
}

}  // namespace galet::ops
