// concat: sources copied into their places, rescaled through a table where their spec differs. A convolution that wrote into its place
// needs no copy.
#include "galet/kernels/elementwise_i8/elementwise.h"
#include "galet/kernels/kernel.h"
#include "galet/runtime/plan/lowering.h"

namespace galet::runtime {
namespace {

using namespace kernels;

/// Operands that a convolution has already written into place.
bool is_placed(const Lowering& lowering, NodeId concat, size_t operand) {
  for (const auto& [head, fusion] : lowering.fusions.by_head)
    if (fusion.concat == concat && fusion.concat_operand == operand) return true;
  return false;
}

/// Where axis `axis` of a logical shape lies in memory.
size_t physical_axis(size_t axis, Layout layout) {
  constexpr size_t kNhwc[] = {0, 3, 1, 2};
  return layout == Layout::nhwc ? kNhwc[axis] : axis;
}

}  // namespace

bool lower_concat(Lowering& lowering, NodeId id) {
  const Node& node = lowering.node(id);
  if (node.op->name != "concat") return false;
  const Choice& choice = lowering.choices.at(id);
  const ValueId result = node.results[0];
  const Value& whole = lowering.value(result);
  const bool codes = choice.computation == Computation::concat;
  if (!codes && choice.computation != Computation::real) return false;
  const bool real = !codes;
  const int64_t rank = static_cast<int64_t>(whole.shape.size());
  int64_t given = lowering.graph.call(id).get_int("axis");
  if (given < 0) given += rank;
  const size_t axis = static_cast<size_t>(given);
  if (!choice.reason.empty()) lowering.remark(id, "computed in float", choice.reason);

  Layout layout = Layout::logical;
  if (rank == 4)
    for (const ValueId operand : node.operands)
      if (lowering.layout_of(operand) == Layout::nhwc) layout = Layout::nhwc;
  bool placed = false;
  for (size_t i = 0; i < node.operands.size(); ++i) placed |= is_placed(lowering, id, i);
  if (placed) layout = Layout::nhwc;
  const BufferId dst = placed ? *lowering.find(result, Layout::nhwc) : lowering.make(result, layout, real);

  const Shape extents = lowering.physical_shape(result, layout);
  const size_t along = physical_axis(axis, layout);
  const auto element = static_cast<int64_t>(size_of(real ? whole.dtype : stored_dtype(whole)));
  const int64_t rows = count(extents, 0, along), dst_cols = count(extents, along, extents.size()) * element;
  int64_t offset = 0;
  const auto& row = select<LookupFn>(lowering.options.isa);
  lowering.remark_kernel(id, row);
  for (size_t i = 0; i < node.operands.size(); ++i) {
    const ValueId operand = node.operands[i];
    const Shape part = lowering.physical_shape(operand, layout);
    const int64_t cols = count(part, along, part.size()) * element, at = offset;
    offset += cols;
    if (is_placed(lowering, id, i) || cols == 0) continue;
    const BufferId src = lowering.get(operand, layout, real);
    std::shared_ptr<const CodeTable> table;
    if (codes) {
      const Affine from = *affine_of(lowering.value(operand)), to = *affine_of(whole);
      if (!(from == to)) table = std::make_shared<const CodeTable>(rescale_table(from, to));
    }
    lowering.add_step(id, row.name, {src}, {dst}, [=, run = row.run](const RunContext& c) {
      const LookupArgs args{c.at<uint8_t>(src), c.at<uint8_t>(dst) + at, table ? table->data() : nullptr, cols, cols, dst_cols};
      c.parallel(rows, 0.1 * static_cast<double>(cols) + 3, [&](int64_t begin, int64_t end, std::byte*) { run(args, begin, end); });
    });
  }
  if (real) lowering.get(result, layout);
  return true;
}

}  // namespace galet::runtime
