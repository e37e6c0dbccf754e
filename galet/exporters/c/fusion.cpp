// What rides on a convolution's results before they are stored: a table, an addition; and concatenations that convolutions write into.
#include <algorithm>

#include "galet/exporters/c/lowering.h"

namespace galet::exporters::c {
namespace {

using runtime::Computation;

class Planner {
 public:
  explicit Planner(Lowering& lowering) : l_(lowering), graph_(lowering.graph) {}

  void plan() {
    for (const NodeId id : graph_.order()) {
      if (l_.choices[id].computation != Computation::weighted) continue;
      Fusion fusion;
      NodeId last = id;
      if (const auto table = reader(last, Computation::table)) fusion.table = last = *table, l_.rides_on[last] = id;
      if (const auto sum = reader(last, Computation::add); sum && fits(last, *sum)) {
        fusion.sum_operand = graph_.node(*sum).operands[0] == graph_.result(last) ? 0 : 1;
        fusion.sum = last = *sum;
        l_.rides_on[last] = id;
      }
      l_.fusions[id] = fusion;
      l_.runs_at[id] = last;
      take_slot(graph_.result(last));
    }
  }

 private:
  /// The node that alone reads the result of `id`, once, if it computes in that way.
  std::optional<NodeId> reader(NodeId id, Computation computation) const {
    const ValueId result = graph_.result(id);
    if (has_levels(result)) return std::nullopt;
    const auto readers = graph_.readers(result);
    if (readers.size() != 1 || graph_.is_output(result) || l_.rides_on.contains(readers[0])) return std::nullopt;
    const Node& node = graph_.node(readers[0]);
    const auto uses = std::count(node.operands.begin(), node.operands.end(), result);
    return uses == 1 && l_.choices.at(readers[0]).computation == computation ? std::optional(readers[0]) : std::nullopt;
  }

  bool fits(NodeId last, NodeId sum) const {
    const Shape& shape = graph_.value(graph_.result(sum)).shape;
    for (const ValueId operand : graph_.node(sum).operands)
      if (graph_.value(operand).shape != shape) return false;
    return shape.size() == 4 && graph_.value(graph_.result(last)).shape == shape;
  }

  bool has_levels(ValueId value) const {
    const auto affine = runtime::affine_of(graph_.value(value));
    return affine && !affine->levels.empty();
  }

  void take_slot(ValueId value) {
    if (has_levels(value)) return;
    const auto readers = graph_.readers(value);
    if (readers.size() != 1 || graph_.is_output(value) || l_.choices[readers[0]].computation != Computation::concat) return;
    const Node& concat = graph_.node(readers[0]);
    if (graph_.value(value).shape.size() != 4 || graph_.call(readers[0]).get_int("axis") != 1) return;
    if (!(l_.affine(value) == l_.affine(concat.results[0])) || std::count(concat.operands.begin(), concat.operands.end(), value) != 1)
      return;
    int64_t channel = 0;
    for (const ValueId operand : concat.operands) {
      if (operand == value) break;
      channel += graph_.value(operand).shape[1];
    }
    l_.slots[value] = {concat.results[0], channel};
  }

  Lowering& l_;
  const Graph& graph_;
};

}  // namespace

void plan_fusions(Lowering& lowering) { Planner(lowering).plan(); }

}  // namespace galet::exporters::c
