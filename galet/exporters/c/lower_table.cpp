// Functions of one element that did not ride on a convolution: 256 codes.
#include "galet/exporters/c/lowering.h"

namespace galet::exporters::c {

bool lower_table(Lowering& l, NodeId id) {
  if (l.choices[id].computation != runtime::Computation::table) return false;
  const Node& node = l.node(id);
  const ValueId source = node.operands[0], result = node.results[0];
  Step step;
  step.layer = node.name;
  const BufferId src = l.buffer(source), dst = l.result(result);
  const int64_t codes = count(l.value(result).shape);
  const std::string table = l.table_array(node.name + "_table", runtime::function_table(l.graph, id, l.affine(source), l.affine(result)));
  step.call = fmt::format("galet_run_lookup(1, {}, ${}, {}, {}, ${}, {});", codes, src, codes, table, dst, codes);
  step.comment = fmt::format("{}: {}, {}; q = table[src]", node.name, node.op->name, extents(l.value(result).shape));
  step.reads = {src};
  step.writes = {dst};
  step.replaces = {src};
  l.program.texts.insert("lookup");
  l.program.steps.push_back(std::move(step));
  return true;
}

}  // namespace galet::exporters::c
