// Reductions: axes are an attribute up to opset 12 (ReduceSum) or 17, an operand later.
#include "galet/importers/onnx/onnx_ops.h"

namespace galet::importers {

void import_reduce(NodeImport& node) {
  const int64_t rank = node.rank(0);
  std::optional<Ints> axes = node.ints_of("axes", 1);
  const bool none = !axes || axes->empty();
  if (none && node.get_int("noop_with_empty_axes", 0) != 0) {
    axes = Ints{};
  } else if (none) {
    axes.emplace();
    for (int64_t i = 0; i < rank; ++i) axes->push_back(i);
  }
  node.finish(node.row.needs[0], {node.operand(0)}, {{"axes", node.axes(*axes, rank)}, {"keepdims", node.get_int("keepdims", 1)}});
}

}  // namespace galet::importers
