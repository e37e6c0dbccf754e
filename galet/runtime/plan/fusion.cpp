#include "galet/runtime/plan/fusion.h"

#include "galet/runtime/codes.h"

namespace galet::runtime {
namespace {

constexpr int64_t kTableChannels = 48, kTableCodes = 4096;

class Planner {
 public:
  Planner(const Graph& graph, const std::map<NodeId, Choice>& choices) : graph_(graph), choices_(choices) {
    for (const NodeId id : graph.order())
      for (const ValueId operand : graph.node(id).operands)
        if (operand.valid()) ++uses_[operand], reader_[operand] = id;
    for (const ValueId output : graph.outputs()) ++uses_[output];
  }

  FusionMap plan() {
    for (const NodeId id : graph_.order()) {
      Fusion fusion;
      fusion.head = fusion.last = id;
      if (const Node& node = graph_.node(id); !node.results.empty()) fusion.result = node.results[0];
      const Computation computation = choices_.at(id).computation;
      if (computation == Computation::weighted) {
        take_table(fusion);
        take_add(fusion);
      } else if (computation == Computation::weighted_real || computation == Computation::weighted_dynamic) {
        take_clamp(fusion, id);
      } else if (is_float_weighted(id)) {
        if (!has_activation(id) && take_add(fusion))
          take_clamp(fusion, fusion.add);
        else
          take_clamp(fusion, id);
      } else {
        continue;
      }
      take_concat(fusion);
      map_.by_head[id] = fusion;
    }
    return std::move(map_);
  }

 private:
  /// The node that is the only one to read what the fusion computes, and reads it once.
  std::optional<NodeId> only_reader(const Fusion& fusion) const {
    const auto uses = uses_.find(fusion.result);
    if (uses == uses_.end() || uses->second != 1 || graph_.is_output(fusion.result)) return std::nullopt;
    const NodeId reader = reader_.at(fusion.result);
    if (map_.head_of.contains(reader)) return std::nullopt;
    return reader;
  }
  bool has_activation(NodeId id) const {
    const OpCall call = graph_.call(id);
    return call.has_attribute("activation") && call.get_string("activation") != "none";
  }
  bool is_float_weighted(NodeId id) const {
    const Node& node = graph_.node(id);
    if (node.op->quant != QuantTrait::weighted || choices_.at(id).computation != Computation::real) return false;
    const Value& weight = graph_.value(node.operands[1]);
    if (!weight.is_constant() || (node.op->name == "matmul" && weight.shape.size() != 2)) return false;
    if (node.operands.size() > 2 && node.operands[2].valid() && !graph_.value(node.operands[2]).is_constant()) return false;
    const Value& result = graph_.value(node.results[0]);
    return result.dtype == DType::f32 && graph_.value(node.operands[0]).dtype == DType::f32 && !is_coded(result);
  }
  void absorb(Fusion& fusion, NodeId id) {
    map_.head_of[id] = fusion.head;
    fusion.last = id;
    fusion.result = graph_.result(id);
  }

  void take_table(Fusion& fusion) {
    const auto reader = only_reader(fusion);
    if (!reader || choices_.at(*reader).computation != Computation::table) return;
    // A table is looked up vector by vector: on maps of few channels a pass of its own over whole vectors is faster.
    const Shape& shape = graph_.value(fusion.result).shape;
    const int64_t channels = shape.empty() ? 1 : shape[shape.size() == 4 ? 1 : shape.size() - 1];
    if (channels < kTableChannels && count(shape) >= kTableCodes) return;
    fusion.table = *reader;
    absorb(fusion, *reader);
  }
  /// relu or clip of a float result, unless a clamp has been there already.
  void take_clamp(Fusion& fusion, NodeId clamped) {
    const auto reader = only_reader(fusion);
    if (!reader || has_activation(clamped) || is_coded(graph_.value(fusion.result))) return;
    const Node& node = graph_.node(*reader);
    if ((node.op->name != "relu" && node.op->name != "clip") || node.operands.size() != 1 || is_coded(graph_.value(node.results[0])))
      return;
    fusion.clamp = *reader;
    absorb(fusion, *reader);
  }
  bool take_add(Fusion& fusion) {
    const auto reader = only_reader(fusion);
    if (!reader) return false;
    const Node& node = graph_.node(*reader);
    const Value& ours = graph_.value(fusion.result);
    const bool integer = affine_of(ours).has_value();
    const Computation computation = choices_.at(*reader).computation;
    if (integer ? computation != Computation::add : computation != Computation::real || node.op->name != "add") return false;
    fusion.add_operand = node.operands[0] == fusion.result ? 0 : 1;
    const Value &other = graph_.value(node.operands[1 - fusion.add_operand]), &result = graph_.value(node.results[0]);
    if (other.shape != ours.shape || result.shape != ours.shape || other.dtype != DType::f32) return false;
    if (!integer && (is_coded(other) || is_coded(result))) return false;
    fusion.add = *reader;
    absorb(fusion, *reader);
    return true;
  }
  void take_concat(Fusion& fusion) {
    const auto reader = only_reader(fusion);
    if (!reader || graph_.value(fusion.result).shape.size() != 4) return;
    const Node& node = graph_.node(*reader);
    if (node.op->name != "concat" || graph_.call(*reader).get_int("axis") != 1) return;
    const auto ours = affine_of(graph_.value(fusion.result)), theirs = affine_of(graph_.value(node.results[0]));
    if (ours.has_value() != theirs.has_value() || is_coded(graph_.value(fusion.result)) != ours.has_value()) return;
    if (choices_.at(*reader).computation != (ours ? Computation::concat : Computation::real) ||
        is_coded(graph_.value(node.results[0])) != ours.has_value())
      return;
    // The addition comes after the table that would rescale or find levels.
    if (ours && fusion.add.valid() && (!(*ours == *theirs) || !ours->levels.empty())) return;
    if (!ours && fusion.add.valid()) return;
    fusion.concat = *reader;
    for (size_t i = 0; i < node.operands.size(); ++i)
      if (node.operands[i] == fusion.result) fusion.concat_operand = i;
  }

  const Graph& graph_;
  const std::map<NodeId, Choice>& choices_;
  std::map<ValueId, int> uses_;
  std::map<ValueId, NodeId> reader_;
  FusionMap map_;
};

}  // namespace

FusionMap plan_fusions(const Graph& graph, const std::map<NodeId, Choice>& choices, bool keep_all) {
  if (!keep_all) return Planner(graph, choices).plan();
  return {};
}

}  // namespace galet::runtime
