#include "galet/transform/edit.h"

#include <algorithm>

#include "galet/ops/ops.h"

namespace galet::transform {
namespace {

bool quantized_inside(const Match& match) {
  for (const NodeId id : match.nodes())
    if (id != match.root && match.graph->value(match.graph->result(id)).quant) return true;
  return false;
}

void copy_facts(Rewriter& rewriter, ValueId from, ValueId to) {
  const Value& value = rewriter.graph().value(from);
  rewriter.set_quant(to, value.quant);
  rewriter.set_stats(to, value.stats);
}

}  // namespace

Decision replace_by(const Match& match, Rewriter& rewriter, std::string_view op, std::vector<ValueId> operands, Attributes attributes,
                    std::string text) {
  const Graph& graph = *match.graph;
  const ValueId old = graph.result(match.root);
  if (quantized_inside(match)) return keep("a value inside has a quantization of its own");
  const std::string name = graph.node(match.root).name;
  NodeId node;
  try {
    node = rewriter.insert(ops::get(op), name, std::move(operands), std::move(attributes));
  } catch (const Error&) {
    return no_match();  // the operator does not take these types
  }
  const ValueId made = graph.result(node);
  if (graph.value(made).dtype != graph.value(old).dtype || graph.value(made).shape != graph.value(old).shape) {
    rewriter.remove(node);
    return no_match();
  }
  copy_facts(rewriter, old, made);
  rewriter.replace_uses(old, made, true);
  rewriter.remove(match.root);
  rewriter.rename(node, name);
  return applied(text.empty() ? "to " + std::string(op) : std::move(text));
}

void absorb(const Match& match, Rewriter& rewriter, NodeId into) {
  const ValueId old = match.graph->result(match.root), to = match.graph->result(into);
  copy_facts(rewriter, old, to);
  rewriter.replace_uses(old, to, true);
  rewriter.remove(match.root);
}

std::string why_not_absorb(const Match& match, NodeId into) {
  const Value& inner = match.graph->value(match.graph->result(into));
  if (!is_lone(*match.graph, match.graph->result(into))) return fmt::format("\"{}\" has other readers", inner.name);
  if (inner.quant && inner.quant != match.result().quant) return fmt::format("\"{}\" has a quantization of its own", inner.name);
  return {};
}

Decision forward(const Match& match, Rewriter& rewriter, ValueId src, std::string text) {
  const Graph& graph = *match.graph;
  const ValueId old = graph.result(match.root);
  const Value &from = graph.value(old), &to = graph.value(src);
  if (from.dtype != to.dtype || from.shape != to.shape) return no_match();
  const bool takes_name = graph.is_output(old);
  if (takes_name && (!to.producer.valid() || graph.is_output(src))) return keep("it names an output of the graph");
  if (from.quant && from.quant != to.quant) {
    if (to.quant || !is_lone(graph, src)) return keep("it changes the quantization");
    rewriter.set_quant(src, from.quant);
  }
  if (!to.stats && from.stats) rewriter.set_stats(src, from.stats);
  rewriter.replace_uses(old, src, takes_name);
  rewriter.remove(match.root);
  return applied(std::move(text));
}

ValueId own_constant(Rewriter& rewriter, NodeId node, size_t operand) {
  const Graph& graph = rewriter.graph();
  const auto& operands = graph.node(node).operands;
  const ValueId shared = operands.at(operand);
  if (is_lone(graph, shared) && std::count(operands.begin(), operands.end(), shared) == 1) return shared;
  const Value value = graph.value(shared);
  const ValueId own =
      value.quant ? rewriter.quantized_constant(value.name, value.constant, *value.quant) : rewriter.constant(value.name, value.constant);
  rewriter.set_stats(own, value.stats);
  rewriter.set_mask(own, value.mask);
  rewriter.set_operand(node, operand, own);
  return own;
}

void change_constant(Rewriter& rewriter, NodeId node, size_t operand, Tensor data) {
  const ValueId own = own_constant(rewriter, node, operand);
  rewriter.set_constant(own, std::move(data));
  rewriter.set_stats(own, std::nullopt);
}

bool is_lone(const Graph& graph, ValueId value) { return !graph.is_output(value) && graph.readers(value).size() == 1; }

std::string describe(const Graph& graph, NodeId node) { return fmt::format("{} \"{}\"", graph.node(node).op->name, graph.node(node).name); }

}  // namespace galet::transform
