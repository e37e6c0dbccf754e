// The only way to change a graph that exists.
#pragma once

#include "galet/core/remark.h"
#include "galet/ir/graph.h"

namespace galet {

/// Edits one graph and records why. Ids stay valid; removed nodes are gone from order().
class Rewriter {
 public:
  explicit Rewriter(Graph& graph, std::string step = {}) : graph_(graph), step_(std::move(step)) {}

  const Graph& graph() const { return graph_; }

  NodeId insert(const Op& op, std::string name, std::vector<ValueId> operands, Attributes attributes = {});
  ValueId constant(std::string name, Tensor data);
  /// A constant that is f32 in the logical network and stored as `codes`, whose type is the spec's storage.
  ValueId quantized_constant(std::string name, Tensor codes, QuantSpec spec);

  /// Every reader of `from` (and the graph's output list) takes `to` instead. With `keep_name`, `to` also takes over the name of `from`
  /// (which gets a suffix), so that outputs and reports keep the source's names.
  void replace_uses(ValueId from, ValueId to, bool keep_name = false);
  /// What the network gives from now on, in this order.
  void set_outputs(std::vector<ValueId> outputs);
  void set_operand(NodeId node, size_t i, ValueId value);
  void set_attribute(NodeId node, const std::string& name, Attribute attribute);
  void set_op(NodeId node, const Op& op, Attributes attributes);
  void remove(NodeId node);
  void rename(NodeId node, std::string name);
  /// A name in use gets a suffix.
  void rename_value(ValueId value, const std::string& name);
  /// Replaces a constant's data; the shape may change (reinfer afterwards).
  void set_constant(ValueId value, Tensor data);
  void set_quant(ValueId value, std::optional<QuantSpec> spec);
  void set_stats(ValueId value, std::optional<Stats> stats);
  void set_mask(ValueId value, Tensor mask);
  /// Removes nodes whose results nobody reads, until none is left; returns how many.
  int remove_dead();
  /// Recomputes all result types in order; throws Error where a node no longer fits.
  void reinfer();

  void remark(std::string_view node, std::string decision, std::string reason, std::vector<std::pair<std::string, double>> numbers = {});
  Remarks take_remarks() { return std::move(remarks_); }

 private:
  Graph& graph_;
  std::string step_;
  Remarks remarks_;
};

}  // namespace galet
