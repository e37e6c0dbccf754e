// Layers with weights: rows make channels, columns read them.
#include "galet/core/error.h"
#include "galet/prune/channels/trace.h"
#include "galet/transform/edit.h"

namespace galet::prune {
namespace {

bool is_constant(const Trace& trace, NodeId node, size_t operand) {
  const auto& operands = trace.graph().node(node).operands;
  return operand < operands.size() && operands[operand].valid() && trace.graph().value(operands[operand]).is_constant();
}
bool is_there(const Trace& trace, NodeId node, size_t operand) {
  const auto& operands = trace.graph().node(node).operands;
  return operand < operands.size() && operands[operand].valid();
}

/// The weight must be a constant, and the bias where there is one.
bool all_constant(const Trace& trace, NodeId node) {
  return is_constant(trace, node, 1) && (!is_there(trace, node, 2) || is_constant(trace, node, 2));
}

void keep_operands(Trace& trace, NodeId node, const std::string& why) {
  const Graph& graph = trace.graph();
  for (const ValueId operand : graph.node(node).operands)
    if (operand.valid()) trace.keep(trace.labels(operand), fmt::format("{} {}", transform::describe(graph, node), why));
}

/// Rows of a weight whose channels are `out`.
void produce(Trace& trace, NodeId node, size_t weight_axis, const Labels& out) {
  trace.slice(node, 1, weight_axis, out);
  if (is_there(trace, node, 2)) trace.slice(node, 2, 0, out);
  trace.produces(node, out);
  trace.set(trace.graph().result(node), out);
}

/// Each group has its own inputs and outputs, in equal numbers: the groups lose the same ones.
void grouped(Trace& trace, NodeId node, const Labels& src, int64_t group, int64_t out_count) {
  const auto groups = static_cast<size_t>(group), in = src.of.size() / groups;
  for (size_t g = 1; g < groups; ++g)
    for (size_t i = 0; i < in; ++i) trace.tie(src.of[i], src.of[g * in + i]);
  trace.slice(node, 1, 1, {1, {src.of.begin(), src.of.begin() + static_cast<int64_t>(in)}});
  const Labels one = trace.fresh(1, out_count / group);
  Labels out{1, {}};
  for (size_t g = 0; g < groups; ++g) out.of.insert(out.of.end(), one.of.begin(), one.of.end());
  produce(trace, node, 0, out);
}

/// Channel c makes outputs c * m .. c * m + m - 1: they leave together.
void depthwise(Trace& trace, NodeId node, const Labels& src, int64_t out_count) {
  const size_t multiplier = static_cast<size_t>(out_count) / src.of.size();
  Labels out{1, {}};
  for (const uint32_t label : src.of) out.of.insert(out.of.end(), multiplier, label);
  produce(trace, node, 0, out);
  trace.edit([node, src](Rewriter& rewriter, const Kept& kept) { rewriter.set_attribute(node, "group", kept.count(src)); });
}

}  // namespace

void conv2d_channels(Trace& trace, NodeId node) {
  const OpCall call = trace.graph().call(node);
  const Labels src = trace.labels(trace.graph().node(node).operands[0]);
  if (!all_constant(trace, node)) return keep_operands(trace, node, "computes with a weight that is no constant");
  if (src && src.axis != 1) return keep_operands(trace, node, "reads channels along another axis");
  const int64_t group = call.get_int("group"), out_count = call.shape(1)[0];
  if (group > 1) {
    if (!src) return;  // of inputs that stay, nothing can be taken evenly
    return call.shape(1)[1] == 1 ? depthwise(trace, node, src, out_count) : grouped(trace, node, src, group, out_count);
  }
  if (src) trace.slice(node, 1, 1, src);
  produce(trace, node, 0, trace.fresh(1, out_count));
}

void conv_transpose2d_channels(Trace& trace, NodeId node) {
  const OpCall call = trace.graph().call(node);
  const Labels src = trace.labels(trace.graph().node(node).operands[0]);
  if (!all_constant(trace, node)) return keep_operands(trace, node, "computes with a weight that is no constant");
  if (call.get_int("group") != 1) return keep_operands(trace, node, "is transposed and grouped");
  if (src && src.axis != 1) return keep_operands(trace, node, "reads channels along another axis");
  if (src) trace.slice(node, 1, 0, src);
  produce(trace, node, 1, trace.fresh(1, call.shape(1)[1]));
}

void linear_channels(Trace& trace, NodeId node) {
  const OpCall call = trace.graph().call(node);
  const Labels src = trace.labels(trace.graph().node(node).operands[0]);
  const int axis = static_cast<int>(call.rank(0)) - 1;
  if (!all_constant(trace, node)) return keep_operands(trace, node, "computes with a weight that is no constant");
  if (src && src.axis != axis) return keep_operands(trace, node, "reads channels along another axis");
  if (src) trace.slice(node, 1, 1, src);
  produce(trace, node, 0, trace.fresh(axis, call.shape(1)[0]));
}

void matmul_channels(Trace& trace, NodeId node) {
  const OpCall call = trace.graph().call(node);
  const Labels src = trace.labels(trace.graph().node(node).operands[0]);
  const int axis = static_cast<int>(call.rank(0)) - 1;
  if (!is_constant(trace, node, 1) || call.rank(1) != 2 || axis < 1)
    return keep_operands(trace, node, "is no product with a constant matrix");
  if (src && src.axis != axis) return keep_operands(trace, node, "reads channels along another axis");
  if (src) trace.slice(node, 1, 0, src);
  produce(trace, node, 1, trace.fresh(axis, call.shape(1)[1]));
}

}  // namespace galet::prune
