// The network: nodes that compute values. Everything galet does is a function from a graph to a graph or from a graph to a report.
#pragma once

#include <compare>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "galet/core/preprocessing.h"
#include "galet/core/tensor.h"
#include "galet/ir/attribute.h"
#include "galet/ir/facts.h"
#include "galet/ir/op.h"

namespace galet {

template <typename Tag>
struct Id {
  uint32_t index = UINT32_MAX;
  bool valid() const { return index != UINT32_MAX; }
  auto operator<=>(const Id&) const = default;
};
using NodeId = Id<struct NodeTag>;
using ValueId = Id<struct ValueTag>;

struct Value {
  std::string name;          // unique in the graph
  DType dtype = DType::f32;  // the type in the logical network; storage of a quantized value is in `quant`
  Shape shape;               // NCHW where it is an image
  Tensor constant;           // defined for weights and other constants; codes when `quant` is set
  NodeId producer;           // invalid for inputs and constants
  std::optional<QuantSpec> quant;
  std::optional<Stats> stats;
  Tensor mask;  // pruning mask, 1 = kept; same shape as the constant
  bool is_constant() const { return constant.defined(); }
};

struct Node {
  const Op* op = nullptr;
  std::string name;               // unique in the graph; the source's name where it has one
  std::vector<ValueId> operands;  // an absent optional operand is an invalid id
  std::vector<ValueId> results;
  Attributes attributes;
};

/// What a .galet file keeps beside the graph.
struct ModelInfo {
  std::string name;
  Preprocessing preprocessing;
  std::vector<std::string> labels;               // class names, empty when unknown
  std::vector<std::string> calibration_samples;  // names, in order
  std::map<std::string, std::string> metadata;   // "observer", "source", "measured.top1", ...: text, canonical order
};

class Rewriter;

/// Owns nodes and values; everybody else holds ids. Growing is open to all (importers, builders); changing what exists goes through
/// Rewriter. The first dimension of inputs is the batch: 1, or what the source fixed. Copying copies structure and shares constant bytes.
class Graph {
 public:
  ModelInfo info;
  bool dynamic_batch = true;  // any number of images may be run (one by one); exporters write a symbolic batch

  ValueId add_input(std::string name, DType dtype, Shape shape);
  /// With `quant`, `data` holds codes of an f32 value.
  ValueId add_constant(std::string name, Tensor data, std::optional<QuantSpec> quant = std::nullopt);
  /// Checks attributes against the schema, runs the shape rule, makes one value per result. Result names default to the node's name
  /// ("name", "name:1", ...). Throws Error naming operator and node. Names already taken get a suffix "_1", "_2", ...
  NodeId add_node(const Op& op, std::string name, std::vector<ValueId> operands, Attributes attributes = {},
                  std::vector<std::string> result_names = {});
  void add_output(ValueId value);

  const Node& node(NodeId id) const;
  /// False once the node was removed.
  bool is_live(NodeId id) const { return id.index < nodes_.size() && nodes_[id.index].alive; }
  const Value& value(ValueId id) const;
  const std::vector<ValueId>& inputs() const { return inputs_; }
  const std::vector<ValueId>& outputs() const { return outputs_; }
  /// Live nodes in a deterministic topological order.
  std::vector<NodeId> order() const;
  /// Live values in order: inputs, then constants and results as the nodes first use or make them. Unused constants are left out.
  std::vector<ValueId> values() const;
  /// Live nodes that read the value, in topological order, each once.
  std::vector<NodeId> readers(ValueId value) const;
  bool is_output(ValueId value) const;
  std::optional<ValueId> find_value(std::string_view name) const;
  std::optional<NodeId> find_node(std::string_view name) const;
  /// First result.
  ValueId result(NodeId id, size_t i = 0) const { return node(id).results.at(i); }
  /// The call as shape rules and references see it.
  OpCall call(NodeId id) const;
  /// A name not in use that begins with `wanted`.
  std::string fresh_value_name(const std::string& wanted) const;
  std::string fresh_node_name(const std::string& wanted) const;

 private:
  friend class Rewriter;
  struct NodeSlot : Node {
    bool alive = true;
  };
  ValueId add_value(Value value);

  std::vector<NodeSlot> nodes_;
  std::vector<Value> values_;
  std::vector<ValueId> inputs_, outputs_;
  std::map<std::string, uint32_t, std::less<>> value_names_, node_names_;
};

/// Throws Error naming the first node or value that breaks an invariant: unknown or missing attributes, operand counts, shapes and types
/// that the shape rule does not give, dangling ids, duplicate names, cycles, facts that do not fit (a spec whose axis or length is wrong, a
/// quantized constant whose type is not its storage).
void verify(const Graph& graph);

}  // namespace galet
