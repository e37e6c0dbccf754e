// Finds pooling over the whole picture.
//   before  y = reduce_mean(x) axes=[2,3] keepdims=1                        after  y = global_average_pool(x)
//   before  y = reduce_mean(x) axes=[2,3] keepdims=0                        after  y = reshape(global_average_pool(x))
//   before  y = reduce_mean(reshape(x) shape=[n,c,h*w]) axes=[2]            after  the same
//   before  y = average_pool(x) kernel=[h,w] without padding                after  y = global_average_pool(x)
// reduce_max and max_pool likewise become global_max_pool. x is NCHW.
#include "galet/ops/ops.h"
#include "galet/transform/edit.h"

namespace galet::transform {
namespace {

std::string_view pool_of(std::string_view op) {
  return op == "reduce_mean" || op == "average_pool" ? "global_average_pool" : "global_max_pool";
}

/// Pools `x` in the place of the outermost node, whose result may have another shape of as many elements.
Decision pool(const Match& m, Rewriter& rw) {
  const Graph& g = *m.graph;
  const std::string op(pool_of(g.node(m.root).op->name));
  const Value& src = m.value("x");
  const Shape pooled{src.shape[0], src.shape[1], 1, 1}, wanted = m.result().shape;
  if (src.dtype != DType::f32 || count(pooled) != count(wanted)) return no_match();
  if (wanted == pooled) return replace_by(m, rw, op, {m["x"]});
  for (const NodeId id : m.nodes())
    if (id != m.root && g.value(g.result(id)).quant) return keep("a value inside has a quantization of its own");
  const std::optional<QuantSpec> quant = m.result().quant;
  const NodeId made = rw.insert(ops::get(op), g.node(m.root).name + ".pool", {m["x"]});
  rw.set_quant(g.result(made), quant);
  return replace_by(m, rw, "reshape", {g.result(made)}, {{"shape", wanted}}, "to " + op + " and reshape");
}

Decision from_reduction(const Match& m, Rewriter& rw) {
  if (m.value("x").shape.size() != 4) return no_match();
  const Ints& axes = m.graph->call(m.root).get_ints("axes");
  if (axes != Ints{2, 3} && axes != Ints{3, 2}) return no_match();
  return pool(m, rw);
}

Decision from_flat_reduction(const Match& m, Rewriter& rw) {
  const Shape &from = m.value("x").shape, &flat = m.value("flat").shape;
  if (from.size() != 4 || flat != Shape{from[0], from[1], from[2] * from[3]} || m.graph->call(m.root).get_ints("axes") != Ints{2})
    return no_match();
  return pool(m, rw);
}

Decision from_window(const Match& m, Rewriter& rw) {
  const Shape& src = m.value("x").shape;
  const OpCall call = m.graph->call(m.root);
  if (src.size() != 4 || call.get_ints("kernel") != Ints{src[2], src[3]} || call.get_ints("pads") != Ints{0, 0, 0, 0} ||
      call.get_ints("dilations") != Ints{1, 1})
    return no_match();
  return pool(m, rw);
}

}  // namespace

Pass rewrite_global_pool() {
  return rewrite("reduce_mean|reduce_max(x)", from_reduction)
      .also("reduce_mean|reduce_max(flat=reshape(x)!)", from_flat_reduction)
      .also("average_pool|max_pool(x)", from_window);
}

}  // namespace galet::transform
