// Patterns: shapes of small subgraphs, written as text, and what is found where one fits.
//
//   batch_norm(conv2d(x, #w, #b?)!, #scale, #shift, #mean, #var)
//
//   name            any value; a name used twice must be the same value both times
//   #name           a constant
//   3, 1/6          a constant whose elements all equal the number (to 1e-5 relative)
//   op(...)         the first result of a node of that operator; conv2d|linear(...) of one of them. add, mul, min and max fit in either
//   order of operands name=op(...)    the same, and binds the node and its result op(...){k=v}    the node's attribute (or its default) has
//   that value: number, "string" or [list]
//   ...!            nobody else reads this result and it is no output of the graph: the node may go
//   ...?            may be absent (optional operands)
//   ( p | q )       one of several, tried in order; the bar stands between spaces
//   *               as a whole pattern: any node
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "galet/ir/graph.h"

namespace galet {

/// What the names of a pattern stand for in one place of one graph. Unknown names are mistakes in galet: std::logic_error.
class Match {
 public:
  const Graph* graph = nullptr;
  NodeId root;

  /// The value bound to a name; an invalid id where the operand is absent.
  ValueId operator[](std::string_view name) const;
  /// True when the name is bound to a value: not absent, and not in an alternative that was not taken.
  bool has(std::string_view name) const;
  const Value& value(std::string_view name) const { return graph->value((*this)[name]); }
  const Tensor& constant(std::string_view name) const { return value(name).constant; }
  /// The node bound to a name, else the first one in the pattern's order that is of the operator of that name.
  NodeId node(std::string_view name_or_op) const;
  bool has_node(std::string_view name_or_op) const;
  /// All nodes that the pattern's calls fitted, the outermost first. A whole-pattern `*` binds none.
  std::vector<NodeId> nodes() const;
  const Value& result() const { return graph->value(graph->result(root)); }

 private:
  friend class Matcher;
  template <typename Id>
  struct Binding {
    std::string_view name;
    Id id;
  };
  std::vector<Binding<ValueId>> values_;
  std::vector<Binding<NodeId>> nodes_;
};

/// A parsed pattern; cheap to copy.
class Pattern {
 public:
  struct Term;
  /// Throws std::logic_error for a text that is no pattern: patterns are part of galet, not of its input.
  explicit Pattern(std::string text);
  const std::string& text() const { return *text_; }
  /// The operators that it names.
  std::vector<std::string> operators() const;
  /// Does the pattern fit with `node` as its outermost node? Fills `match`, whose names live as long as the pattern.
  bool fits(const Graph& graph, NodeId node, Match& match) const;

 private:
  std::shared_ptr<const std::string> text_;
  std::shared_ptr<const Term> term_;
};

}  // namespace galet
