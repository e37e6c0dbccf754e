// concat: operands that a convolution has written into their place already cost nothing, the others are copied, rescaled by a table.
#include "galet/exporters/c/lowering.h"

namespace galet::exporters::c {

bool lower_concat(Lowering& l, NodeId id) {
  if (l.choices[id].computation != runtime::Computation::concat) return false;
  const Node& node = l.node(id);
  const ValueId result = node.results[0];
  const Shape& shape = l.value(result).shape;
  const auto axis = static_cast<size_t>(l.graph.call(id).get_int("axis"));
  const Shape whole = physical(shape);
  size_t at = axis;  // of memory
  if (shape.size() == 4) {
    constexpr size_t kInMemory[] = {0, 2, 0, 1};
    if (axis == 0) throw CannotWrite{"it joins a batch"};
    at = kInMemory[axis];
  }
  const int64_t rows = count(whole, 0, at), inner = count(whole, at + 1, whole.size()), step_codes = whole[at] * inner;
  const BufferId dst = l.is_defined(result) ? l.buffer(result) : l.result(result);
  int64_t first = 0;
  for (const ValueId operand : node.operands) {
    const int64_t cols = l.value(operand).shape[axis] * inner, begin = first;
    first += cols;
    if (l.slots.contains(operand)) continue;
    const Affine from = l.affine(operand), to = l.affine(result);
    std::string table = "0";
    if (!(from == to)) table = l.table_array(node.name + "_table", runtime::rescale_table(from, to));
    const BufferId part = l.new_buffer(l.value(operand).name, rows * cols), src = l.buffer(operand);
    l.program.buffers[static_cast<size_t>(part)].within = dst;
    l.program.buffers[static_cast<size_t>(part)].offset = begin;
    Step step;
    step.layer = node.name;
    step.comment = fmt::format("{}: concat, {} -> {} from {}", node.name, extents(l.value(operand).shape), extents(shape), begin);
    step.call = fmt::format("galet_run_lookup({}, {}, ${}, {}, {}, ${}, {});", rows, cols, src, cols, table, part, step_codes);
    step.reads = {src};
    step.writes = {part};
    l.program.texts.insert("lookup");
    l.program.steps.push_back(std::move(step));
  }
  return true;
}

}  // namespace galet::exporters::c
