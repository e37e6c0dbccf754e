// Computes the same thing once.
//   before  a = op(x, w) k=1; b = op(x, w) k=1          after  a = op(x, w) k=1, and who read b reads a
// Applies to nodes of one operator with the same operands, equal attributes and equal quantization of results. Of two outputs of the graph
// each keeps its name.
#include <algorithm>

#include "galet/transform/edit.h"

namespace galet::transform {
namespace {

bool same_work(const Graph& g, NodeId a, NodeId b) {
  const Node &p = g.node(a), &q = g.node(b);
  if (p.op != q.op || p.operands != q.operands || p.results.size() != q.results.size()) return false;
  for (size_t i = 0; i < p.results.size(); ++i)
    if (g.value(p.results[i]).quant != g.value(q.results[i]).quant) return false;
  return std::equal(p.attributes.begin(), p.attributes.end(), q.attributes.begin(), q.attributes.end(),
                    [](const auto& x, const auto& y) { return x.first == y.first && equal(x.second, y.second); });
}

Decision join(const Match& m, Rewriter& rw) {
  const Graph& g = *m.graph;
  const Node& node = g.node(m.root);
  if (node.operands.empty() || !node.operands[0].valid()) return no_match();
  for (const NodeId other : g.readers(node.operands[0])) {
    if (!(other < m.root) || !same_work(g, other, m.root)) continue;
    const auto is_output = [&](ValueId v) { return g.is_output(v); };
    if (std::any_of(node.results.begin(), node.results.end(), is_output)) return keep("it names an output of the graph");
    const std::vector<ValueId> results = node.results;
    for (size_t i = 0; i < results.size(); ++i) rw.replace_uses(results[i], g.result(other, i));
    rw.remove(m.root);
    return applied("same as " + describe(g, other));
  }
  return no_match();
}

}  // namespace

Pass eliminate_common() { return rewrite("*", join); }

}  // namespace galet::transform
