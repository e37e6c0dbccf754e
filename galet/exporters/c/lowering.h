// From nodes to steps. Tensors lie as the reference kernels want them: (h, w, c) where the network says (1, c, h, w), else as the network
// says. Each family of operators is one function in a file of its own and one row in lower.inc.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "galet/core/remark.h"
#include "galet/exporters/c/c.h"
#include "galet/exporters/c/program.h"
#include "galet/runtime/codes.h"
#include "galet/runtime/computation.h"

namespace galet::exporters::c {

using runtime::Affine;

/// What rides on a convolution: a table of its codes, then an addition. All ids are invalid where there is none.
struct Fusion {
  NodeId table, sum;
  size_t sum_operand = 0;  // which operand of the addition the convolution is
};

struct Lowering {
  Lowering(const Graph& network, const CExportOptions& wanted);

  const Graph& graph;
  const CExportOptions& options;
  Program program;
  Remarks remarks;
  std::map<NodeId, runtime::Choice> choices;
  std::map<NodeId, Fusion> fusions;   // by the convolution
  std::map<NodeId, NodeId> rides_on;  // table or addition -> its convolution
  std::map<NodeId, NodeId> runs_at;   // convolution -> the node in whose place it is computed: the last one that rides on it

  const Node& node(NodeId id) const { return graph.node(id); }
  const Value& value(ValueId id) const { return graph.value(id); }
  Affine affine(ValueId id) const { return *runtime::affine_of(graph.value(id)); }

  /// A C identifier made of the text, not used before.
  std::string identifier(const std::string& text);
  /// "model_" and an identifier.
  std::string global(const std::string& text);

  /// The buffer that holds a value; constants become arrays on first use.
  BufferId buffer(ValueId id);
  /// A new buffer for a result of a node: one of the caller's for outputs, part of a concatenation where that was agreed, else in the
  /// arena.
  BufferId result(ValueId id);
  /// Says that the value lies in another one's buffer.
  void define(ValueId id, BufferId buffer) { buffers_[id] = buffer; }
  bool is_defined(ValueId id) const { return buffers_.contains(id); }
  BufferId new_buffer(const std::string& name, int64_t bytes, Place place = Place::arena);

  /// Codes of a value between two of its pixels: more than its channels inside a concatenation.
  int64_t pixel_step(ValueId id) const;

  /// Adds an array; returns its name.
  template <typename T>
  std::string array(const std::string& name, const char* type, const std::vector<T>& values, const std::string& about = {});
  std::string weight_array(const std::string& name, std::vector<int8_t> values, const std::string& about);
  std::string table_array(const std::string& name, const runtime::CodeTable& table);
  /// A struct in read-only memory of about `bytes`; returns nothing, the text is for Step::declaration.
  void count_struct(int64_t bytes) { program.struct_bytes += bytes; }

  /// Value -> (concat's result, first channel) for convolutions that write straight into a concatenation.
  struct Slot {
    ValueId whole;
    int64_t channel;
  };
  std::map<ValueId, Slot> slots;
  /// Rank-2 values that are a flattened (c, h, w) map but lie as (h, w, c): their readers are linear layers, which reorder their weights.
  std::map<ValueId, Shape> flattened;

 private:
  std::map<ValueId, BufferId> buffers_;
  std::set<std::string> names_;
};

/// The galet_sum of an addition or subtraction as an initializer, and what it computes, for a comment.
std::string sum_initializer(Lowering& lowering, NodeId id);
std::string sum_equation(const Lowering& lowering, NodeId id);

/// Finds what rides on convolutions, and which of them write into a concatenation.
void plan_fusions(Lowering& lowering);

/// Extents as the value lies in memory: (h, w, c) of a rank-4 value.
Shape physical(const Shape& logical);
/// Place in memory of each element in logical order.
std::vector<int32_t> positions(const Shape& logical);
/// "(32, 32, 16)"
std::string extents(const Shape& shape);
/// A float that reads back exactly: "0x1.8p-7f", and short decimals where they are exact.
std::string exact(float x);
/// Thrown inside a family's function for a node that it cannot write; the reason.
struct CannotWrite {
  std::string reason;
};

#define LOWER(name) bool name(Lowering& lowering, NodeId id);
#include "galet/exporters/c/lower.inc"
#undef LOWER

/// The steps of the whole network. Throws Error that names every node that cannot be written.
void lower_all(Lowering& lowering);

}  // namespace galet::exporters::c
