#include "galet/exporters/onnx/lower.h"

#include "galet/ir/rewriter.h"
#include "galet/ops/ops.h"

namespace galet::exporters {
namespace {

bool is_coded(const Value& value) { return value.quant && !value.quant->dynamic; }

/// A reshape whose result has the source's spec.
ValueId reshape(Rewriter& rewriter, const std::string& name, ValueId src, Shape shape) {
  const ValueId dst = rewriter.graph().result(rewriter.insert(ops::get("reshape"), name, {src}, {{"shape", std::move(shape)}}));
  rewriter.set_quant(dst, rewriter.graph().value(src).quant);
  return dst;
}

void lower_linear(Rewriter& rewriter, NodeId id) {
  const Graph& graph = rewriter.graph();
  const Node node = graph.node(id);
  const Shape src = graph.value(node.operands[0]).shape;
  if (src.size() == 2) return;
  const ValueId old = node.results[0];
  const Shape dst = graph.value(old).shape;
  std::vector<ValueId> operands = node.operands;
  operands[0] = reshape(rewriter, node.name + "/rows", operands[0], {count(src) / src.back(), src.back()});
  const ValueId rows = graph.result(rewriter.insert(*node.op, node.name + "/gemm", operands, node.attributes));
  rewriter.set_quant(rows, graph.value(old).quant);
  rewriter.replace_uses(old, reshape(rewriter, node.name + "/shape", rows, dst), true);
  rewriter.remove(id);
}

void lower_mean(Rewriter& rewriter, NodeId id) {
  const Graph& graph = rewriter.graph();
  const Node node = graph.node(id);
  const ValueId src = node.operands[0], old = node.results[0];
  const OpCall call = graph.call(id);
  if (!is_coded(graph.value(src)) || !is_coded(graph.value(old)) || call.rank(0) != 4 || call.get_ints("axes") != Ints{2, 3}) return;
  const bool flat = call.get_int("keepdims") == 0;  // `call` refers to the graph, which insert changes
  ValueId dst = graph.result(rewriter.insert(ops::get("global_average_pool"), node.name + "/pool", {src}));
  rewriter.set_quant(dst, graph.value(old).quant);
  if (flat) dst = reshape(rewriter, node.name + "/shape", dst, graph.value(old).shape);
  rewriter.replace_uses(old, dst, true);
  rewriter.remove(id);
}

}  // namespace

Graph lower_for_onnx(const Graph& graph) {
  Graph copy = graph;
  Rewriter rewriter(copy, "export_onnx");
  for (const NodeId id : graph.order()) {
    const std::string_view name = graph.node(id).op->name;
    if (name == "linear") lower_linear(rewriter, id);
    if (name == "reduce_mean") lower_mean(rewriter, id);
  }
  return copy;
}

}  // namespace galet::exporters
