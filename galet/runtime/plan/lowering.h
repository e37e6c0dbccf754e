// Turns nodes into steps. One file a family (lower_*.cpp) offers a function that lowers the nodes it knows; lowering.cpp asks them in
// order.
#pragma once

#include <map>
#include <memory>
#include <optional>

#include "galet/runtime/codes.h"
#include "galet/runtime/computation.h"
#include "galet/runtime/plan/fusion.h"
#include "galet/runtime/plan/plan.h"

namespace galet::runtime {

class Lowering {
 public:
  Lowering(const Graph& graph, const PlanOptions& options);

  const Graph& graph;
  const PlanOptions options;
  Plan plan;
  std::map<NodeId, Choice> choices;
  FusionMap fusions;

  const Value& value(ValueId id) const { return graph.value(id); }
  const Node& node(NodeId id) const { return graph.node(id); }
  /// Operand i, or nullptr where it is absent.
  const Value* operand(NodeId id, size_t i) const;

  // Memory
  BufferId arena_buffer(size_t bytes);
  BufferId part_of(BufferId buffer, size_t offset, size_t bytes);
  BufferId constant_buffer(Tensor tensor);
  /// At least so much scratch for each thread.
  void need_scratch(size_t bytes);

  // Values
  /// The value's bytes in that form, converting where it is not there yet.
  BufferId get(ValueId id, Layout layout, bool real = false);
  /// A form that is there already, or nothing.
  std::optional<BufferId> find(ValueId id, Layout layout, bool real = false) const;
  /// The layout in which a stored (else real) form is there; nhwc first.
  Layout layout_of(ValueId id) const;
  /// A new buffer for the value in that form, which the next step writes.
  BufferId make(ValueId id, Layout layout, bool real = false);
  /// The value lies in `buffer` in that form.
  void define(ValueId id, Layout layout, bool real, BufferId buffer);
  size_t bytes_of(ValueId id, bool real = false) const;
  /// Extents in memory order.
  Shape physical_shape(ValueId id, Layout layout) const;

  // Steps
  Step& add_step(NodeId node, std::string kernel, std::vector<BufferId> reads, std::vector<BufferId> writes,
                 std::function<void(const RunContext&)> run);
  /// dst = table[src] on so many codes, in place where possible.
  void add_lookup(NodeId node, BufferId src, BufferId dst, int64_t codes, const CodeTable& table);
  /// A step for each value stored since the last call that shows it to RunContext::viewer().
  void show_new_values();
  void remark(NodeId node, std::string decision, std::string reason);
  /// "gemm_u8i8u8__avx2_4x16", and a remark where the session's instruction set has no row of its own.
  template <typename Row>
  void remark_kernel(NodeId id, const Row& row) {
    remark(id, std::string("kernel ") + row.name,
           row.isa == options.isa ? std::string()
                                  : fmt::format("the family has no {} kernel, this is its best that {} can run", to_string(options.isa),
                                                to_string(options.isa)));
  }

 private:
  using Key = std::tuple<ValueId, Layout, bool>;
  BufferId convert(ValueId id, Layout layout, bool real);
  BufferId constant_form(ValueId id, Layout layout, bool real);
  BufferId pixel_form(ValueId id, Layout layout, bool real);

  std::map<Key, BufferId> forms_;
  BufferId pixels_ = kNoBuffer;  // the input, where it is given as pixels
  ValueId pixel_input_;
  NodeId current_;
  size_t shown_ = 0;  // of plan.stored
  friend Plan make_plan(const Graph& graph, const PlanOptions& options);
};

/// True where both layouts are the same bytes.
bool same_bytes(const Shape& shape);
/// NCHW extents to NHWC extents.
Shape nhwc_extents(const Shape& shape);
Tensor to_nhwc(const Tensor& tensor);
Tensor to_nchw(const Tensor& tensor, const Shape& nchw);

// Families, in the order in which they are asked. Each returns false, having changed nothing, for a node that it does not know.
bool lower_weighted(Lowering& lowering, NodeId id);
bool lower_binary(Lowering& lowering, NodeId id);
bool lower_pointwise(Lowering& lowering, NodeId id);
bool lower_pool(Lowering& lowering, NodeId id);
bool lower_concat(Lowering& lowering, NodeId id);
bool lower_movement(Lowering& lowering, NodeId id);
bool lower_resize(Lowering& lowering, NodeId id);
/// Any node: operands in logical layout through compute_reference.
void lower_by_reference(Lowering& lowering, NodeId id, const std::string& reason);

}  // namespace galet::runtime
