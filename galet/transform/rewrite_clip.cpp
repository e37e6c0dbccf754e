// Finds relu and clip where they are spelled out, and makes one of two in a row.
//   before  y = max(x, 0)                    after  y = relu(x)
//   before  y = min(relu(x), 6)              after  y = clip(x) min=0 max=6
//   before  y = min(max(x, a), b)            after  y = clip(x) min=a max=b          for numbers a, b, in either order of min and max
//   before  y = clip[c, d](clip[a, b](x))    after  y = clip[clip(a; c, d), clip(b; c, d)](x)      when nobody else reads the inner one
#include <algorithm>
#include <limits>

#include "galet/transform/edit.h"

namespace galet::transform {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

struct Range {
  float min = -kInfinity, max = kInfinity;
};

Decision to_clip(const Match& m, Rewriter& rw, const Range& range) {
  if (range.min == 0 && range.max == kInfinity) return replace_by(m, rw, "relu", {m["x"]});
  return replace_by(m, rw, "clip", {m["x"]}, {{"min", range.min}, {"max", range.max}});
}

Decision from_limit(const Match& m, Rewriter& rw) {
  const Value& k = m.value("k");
  if (k.quant || k.dtype != DType::f32 || k.constant.size() == 0 || m.value("x").dtype != DType::f32) return no_match();
  const auto limits = k.constant.span<float>();
  if (!std::all_of(limits.begin(), limits.end(), [&](float v) { return v == limits[0]; })) return no_match();
  Range range;
  (m.graph->node(m.root).op->name == "max" ? range.min : range.max) = limits[0];
  return to_clip(m, rw, range);
}

Range range_of(const Graph& g, NodeId id) {
  if (g.node(id).op->name == "relu") return {0, kInfinity};
  return {g.call(id).get_float("min"), g.call(id).get_float("max")};
}

Decision join(const Match& m, Rewriter& rw) {
  const Range inner = range_of(*m.graph, m.node("inner")), outer = range_of(*m.graph, m.root);
  if (!(outer.min <= outer.max) || !(inner.min <= inner.max) || m.value("x").dtype != DType::f32) return no_match();
  return to_clip(m, rw, {std::clamp(inner.min, outer.min, outer.max), std::clamp(inner.max, outer.min, outer.max)});
}

}  // namespace

Pass rewrite_clip() { return rewrite("min|max(x, #k)", from_limit).also("relu|clip(inner=relu|clip(x)!)", join); }

}  // namespace galet::transform
