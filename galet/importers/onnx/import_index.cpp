// Choosing and ordering elements.
#include "galet/importers/onnx/onnx_ops.h"

namespace galet::importers {

void import_top_k(NodeImport& node) {
  const int64_t k = node.has_attribute("k") ? node.get_int("k", 0) : node.one_int(1, "k");
  node.finish("top_k", {node.operand(0)},
              {{"k", k},
               {"axis", node.axis(node.get_int("axis", -1), node.rank(0))},
               {"largest", node.get_int("largest", 1)},
               {"sorted", node.get_int("sorted", 1)}});
}

void import_cum_sum(NodeImport& node) {
  node.finish("cum_sum", {node.operand(0)},
              {{"axis", node.axis(node.one_int(1, "axis"), node.rank(0))},
               {"exclusive", node.get_int("exclusive", 0)},
               {"reverse", node.get_int("reverse", 0)}});
}

void import_one_hot(NodeImport& node) {
  const Tensor depth = node.constant(1, "depth");
  if (depth.size() != 1) node.fail("its depth has {} elements, expected 1", depth.size());
  node.finish("one_hot", {node.operand(0), node.operand(2)},
              {{"depth", depth.cast(DType::i64).to_ints()[0]}, {"axis", node.axis(node.get_int("axis", -1), node.rank(0) + 1)}});
}

void import_trilu(NodeImport& node) {
  node.finish("trilu", {node.operand(0)}, {{"upper", node.get_int("upper", 1)}, {"k", node.has(1) ? node.one_int(1, "k") : int64_t{0}}});
}

}  // namespace galet::importers
