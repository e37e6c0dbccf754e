// Gives a relu or clip to the layer that feeds it, as its attribute.
//   before  y = relu(conv2d(x, w, b))                       after  y = conv2d(x, w, b) activation="relu"
//   before  y = clip(conv2d(x, w, b)) min=0 max=6           after  y = conv2d(x, w, b) activation="clip" clip_min=0 clip_max=6
// Applies to conv2d, conv_transpose2d, linear and add (the end of a residual block) when nobody else reads their result. An activation that
// is there already is composed with the new one: clip[c, d](clip[a, b](x)) = clip[clip(a; c, d), clip(b; c, d)](x).
#include <algorithm>
#include <limits>

#include "galet/ops/activation.h"
#include "galet/transform/edit.h"

namespace galet::transform {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

Decision fuse(const Match& m, Rewriter& rw) {
  const Graph& g = *m.graph;
  const NodeId layer = m.node("layer");
  if (m.value("layer").dtype != DType::f32) return no_match();
  if (const std::string why = why_not_absorb(m, layer); !why.empty()) return keep(why);
  const bool relu = g.node(m.root).op->name == "relu";
  const float low = relu ? 0 : g.call(m.root).get_float("min"), high = relu ? kInfinity : g.call(m.root).get_float("max");
  if (!(low <= high)) return keep("its range is empty");
  const ops::ActivationRange inner = ops::activation_range(g.call(layer));
  const float min = std::clamp(inner.min, low, high), max = std::clamp(inner.max, low, high);
  if (min == -kInfinity && max == kInfinity) return no_match();
  const bool plain = min == 0 && max == kInfinity;
  rw.set_attribute(layer, "activation", std::string(plain ? "relu" : "clip"));
  if (!plain) {
    rw.set_attribute(layer, "clip_min", min);
    rw.set_attribute(layer, "clip_max", max);
  }
  absorb(m, rw, layer);
  return applied("into " + describe(g, layer));
}

}  // namespace

Pass fuse_activation() { return rewrite("relu|clip(layer=conv2d|conv_transpose2d|linear|add(x, y, z?){activation=any})", fuse); }

}  // namespace galet::transform
