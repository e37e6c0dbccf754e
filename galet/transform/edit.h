// What most passes do to a graph, written once.
#pragma once

#include <optional>
#include <string>

#include "galet/ir/pass.h"

namespace galet::transform {

/// Replaces the match's outermost node by a new one of the same name, result name and facts. Answers no_match() where the result would
/// change type or shape, keep() where a value inside carries a quantization of its own (integers may not change their meaning silently),
/// applied(text) otherwise.
Decision replace_by(const Match& match, Rewriter& rewriter, std::string_view op, std::vector<ValueId> operands, Attributes attributes = {},
                    std::string text = {});

/// The outermost node is done by `into`, one of its operands' producers: its result's name, readers and facts go to the result of `into`.
void absorb(const Match& match, Rewriter& rewriter, NodeId into);
/// Why absorb() would change more than it should: the result of `into` is read elsewhere or has a quantization of its own. Empty when all
/// is well.
std::string why_not_absorb(const Match& match, NodeId into);

/// The outermost node does nothing: its readers read `src`. Says why not where a name or a quantization would be lost.
Decision forward(const Match& match, Rewriter& rewriter, ValueId src, std::string text);

/// A constant that only this operand of this node reads: the operand itself or a private copy (with its mask) that takes its place.
ValueId own_constant(Rewriter& rewriter, NodeId node, size_t operand);
/// Replaces the float data of a node's constant operand, leaving other readers of the constant alone.
void change_constant(Rewriter& rewriter, NodeId node, size_t operand, Tensor data);

/// True when exactly one node reads the value and it is no output of the graph.
bool is_lone(const Graph& graph, ValueId value);
/// "conv2d \"conv1\"": a node in a Remark.
std::string describe(const Graph& graph, NodeId node);

}  // namespace galet::transform
