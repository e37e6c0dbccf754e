// Brings an activation that stands behind a maximum to the layer before it, where fuse_activation takes it in. Exact: relu and clip never
// fall, so they commute with a maximum.
//   before  y = relu(max_pool(conv2d(x, w, b)))          after  y = max_pool(relu(conv2d(x, w, b)))
// Both orders then are the same network. Not when others read what lies between.
#include "galet/transform/edit.h"

namespace galet::transform {
namespace {

Decision swap(const Match& m, Rewriter& rw) {
  const Graph& g = *m.graph;
  const NodeId pool = m.node("pool");
  if (m.result().dtype != DType::f32) return no_match();
  if (m.value("layer").quant || m.value("pool").quant) return keep("a value inside has a quantization of its own");
  const Node activation = g.node(m.root);
  const ValueId made = g.result(rw.insert(*activation.op, activation.name, {m["layer"]}, activation.attributes));
  rw.set_quant(made, m.result().quant);
  rw.set_operand(pool, 0, made);
  absorb(m, rw, pool);
  return applied("before " + describe(g, pool));
}

}  // namespace

Pass fuse_maxpool() { return rewrite("relu|clip(pool=max_pool(layer=conv2d|conv_transpose2d|add(x, y, z?){activation=any}!)!)", swap); }

}  // namespace galet::transform
