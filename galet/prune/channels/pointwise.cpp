// Operators that compute each channel, or each place, by itself.
#include "galet/core/error.h"
#include "galet/prune/channels/trace.h"
#include "galet/transform/edit.h"

namespace galet::prune {
namespace {

std::string says(const Trace& trace, NodeId node, std::string_view what) {
  return fmt::format("{} {}", transform::describe(trace.graph(), node), what);
}

}  // namespace

void pointwise_channels(Trace& trace, NodeId node) {
  trace.set(trace.graph().result(node), trace.labels(trace.graph().node(node).operands[0]));
}

void plane_channels(Trace& trace, NodeId node) {
  const Graph& graph = trace.graph();
  const Labels src = trace.labels(graph.node(node).operands[0]);
  const Shape &from = graph.value(graph.node(node).operands[0]).shape, &to = graph.value(graph.result(node)).shape;
  if (src && (src.axis != 1 || to.size() < 2 || to[1] != from[1])) return trace.keep(src, says(trace, node, "mixes channels"));
  for (const ValueId result : graph.node(node).results) trace.set(result, src);
}

void norm_channels(Trace& trace, NodeId node) {
  const Graph& graph = trace.graph();
  const Labels src = trace.labels(graph.node(node).operands[0]);
  if (!src) return;
  const auto& operands = graph.node(node).operands;
  for (size_t i = 1; i < operands.size(); ++i)
    if (src.axis != 1 || !operands[i].valid() || !graph.value(operands[i]).is_constant())
      return trace.keep(src, says(trace, node, "computes with parameters that are no constants of its channels"));
  for (size_t i = 1; i < operands.size(); ++i) trace.slice(node, i, 0, src);
  trace.set(graph.result(node), src);
}

/// Operands spread over one another from the right, as broadcasting does.
void elementwise_channels(Trace& trace, NodeId node) {
  const Graph& graph = trace.graph();
  const auto& operands = graph.node(node).operands;
  const Shape& result = graph.value(graph.result(node)).shape;
  Labels all;
  bool fits = true;
  for (const ValueId operand : operands) {
    Labels own = trace.labels(operand);
    if (!own) continue;
    const Shape& shape = graph.value(operand).shape;
    const size_t axis = static_cast<size_t>(own.axis) + result.size() - shape.size();
    if (shape[static_cast<size_t>(own.axis)] != result[axis]) {
      trace.keep(own, says(trace, node, "spreads it over all channels"));
      continue;
    }
    own.axis = static_cast<int>(axis);
    if (!all) all = own;
    fits &= own.axis == all.axis;
  }
  if (!all) return;
  auto keep_all = [&](std::string_view why) {
    for (const ValueId operand : operands) trace.keep(trace.labels(operand), says(trace, node, why));
  };
  if (!fits) return keep_all("meets channels along different axes");
  for (const ValueId operand : operands) {
    if (!operand.valid() || trace.labels(operand)) continue;
    const Value& value = graph.value(operand);
    const int axis = all.axis - static_cast<int>(result.size() - value.shape.size());
    const bool spreads = axis < 0 || value.shape[static_cast<size_t>(axis)] == 1;
    if (!spreads && !value.is_constant()) return keep_all(fmt::format("meets \"{}\" there, whose channels stay", value.name));
  }
  for (size_t i = 0; i < operands.size(); ++i) {
    if (!operands[i].valid()) continue;
    const Value& value = graph.value(operands[i]);
    if (const Labels own = trace.labels(operands[i]); own) {
      if (own.of.size() == all.of.size()) trace.tie(all, own);
      continue;
    }
    const int axis = all.axis - static_cast<int>(result.size() - value.shape.size());
    if (value.is_constant() && axis >= 0 && value.shape[static_cast<size_t>(axis)] != 1)
      trace.slice(node, i, static_cast<size_t>(axis), all);
  }
  trace.set(graph.result(node), all);
}

void along_axis_channels(Trace& trace, NodeId node) {
  const OpCall call = trace.graph().call(node);
  const Labels src = trace.labels(trace.graph().node(node).operands[0]);
  if (!src) return;
  const auto rank = static_cast<int64_t>(call.rank(0));
  if ((call.get_int("axis") + rank) % rank == src.axis) return trace.keep(src, says(trace, node, "mixes channels"));
  trace.set(trace.graph().result(node), src);
}

void reduce_channels(Trace& trace, NodeId node) {
  const OpCall call = trace.graph().call(node);
  Labels src = trace.labels(trace.graph().node(node).operands[0]);
  if (!src) return;
  const auto rank = static_cast<int64_t>(call.rank(0));
  const Ints& axes = call.get_ints("axes");
  int before = 0;
  for (const int64_t axis : axes) {
    const int64_t positive = (axis + rank) % rank;
    if (positive == src.axis) return trace.keep(src, says(trace, node, "mixes channels"));
    before += positive < src.axis;
  }
  if (axes.empty()) return trace.keep(src, says(trace, node, "mixes channels"));
  if (call.get_int("keepdims") == 0) src.axis -= before;
  trace.set(trace.graph().result(node), src);
}

}  // namespace galet::prune
