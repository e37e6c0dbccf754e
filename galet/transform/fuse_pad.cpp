// Moves padding of h and w into the window operator behind it.
//   before  y = conv2d(pad(x, value 0))               after  y = conv2d(x), pads added
//   before  y = average_pool(pad(x, value 0))         after  y = average_pool(x), pads added, count_include_pad=1     when the pool counted
//   its padding or had none, without ceil_mode before  y = max_pool(pad(x, value v))             after  y = max_pool(x), pads added      v
//   = -infinity (or the lowest float); or v = 0 where x is never negative
// For pools the sum of the pads must stay below the kernel, so that each window sees the picture. Not when others read the padded value.
#include <algorithm>
#include <limits>

#include "galet/ops/activation.h"
#include "galet/transform/edit.h"

namespace galet::transform {
namespace {

/// Padding as window operators have it (top left bottom right); nothing where other axes are padded or something is cropped.
std::optional<Ints> window_pads(const Ints& pads) {
  if (pads.size() != 8 || pads[0] != 0 || pads[1] != 0 || pads[4] != 0 || pads[5] != 0) return std::nullopt;
  const Ints found{pads[2], pads[3], pads[6], pads[7]};
  if (std::any_of(found.begin(), found.end(), [](int64_t p) { return p < 0; })) return std::nullopt;
  return found;
}

bool never_negative(const Graph& g, ValueId value) {
  const NodeId id = g.value(value).producer;
  if (!id.valid()) return false;
  const OpCall call = g.call(id);
  if (call.op.name == "clip") return call.get_float("min") >= 0;
  if (call.has_attribute("activation")) return ops::activation_range(call).min >= 0;
  for (const std::string_view name : {"relu", "sigmoid", "hard_sigmoid", "softplus", "exp", "abs", "sqrt"})
    if (call.op.name == name) return true;
  return false;
}

Decision fuse(const Match& m, Rewriter& rw) {
  const Graph& g = *m.graph;
  const NodeId pad = m.node("padding");
  const OpCall outer = g.call(m.root), inner = g.call(pad);
  const auto more = window_pads(inner.get_ints("pads"));
  if (!more || m.value("x").dtype != DType::f32) return no_match();
  if (inner.get_string("mode") != "constant") return keep("it pads by " + inner.get_string("mode"));
  if (m.value("padding").quant && m.value("padding").quant != m.value("x").quant)
    return keep(describe(g, pad) + " changes the quantization");
  const Ints old = outer.get_ints("pads");
  Ints pads(4);
  for (size_t i = 0; i < 4; ++i) pads[i] = old[i] + (*more)[i];
  const float value = inner.get_float("value");
  const std::string_view op = outer.op.name;
  if (op == "conv2d") {
    if (value != 0) return keep(fmt::format("it pads with {}, a convolution with 0", value));
  } else {
    const Ints &kernel = outer.get_ints("kernel"), &dilations = outer.get_ints("dilations");
    if (pads[0] + pads[2] >= kernel[0] || pads[1] + pads[3] >= kernel[1]) return keep("windows would lie in the padding alone");
    if (outer.get_int("ceil_mode") != 0 || dilations != Ints{1, 1}) return keep("the pool rounds up or is dilated");
    if (op == "average_pool") {
      const bool none = std::all_of(old.begin(), old.end(), [](int64_t p) { return p == 0; });
      if (value != 0 || (!none && outer.get_int("count_include_pad") == 0)) return keep("the average would count other elements");
      rw.set_attribute(m.root, "count_include_pad", int64_t{1});
    } else if (value > std::numeric_limits<float>::lowest() && !(value == 0 && never_negative(g, m["x"]))) {
      return keep(fmt::format("the maximum may be the {} that it pads with", value));
    }
  }
  const std::string what = describe(g, pad);
  rw.set_attribute(m.root, "pads", std::move(pads));
  rw.set_operand(m.root, 0, m["x"]);
  return applied("took in " + what);
}

}  // namespace

Pass fuse_pad() { return rewrite({"conv2d(padding=pad(x)!, w, b?){activation=any}", "average_pool|max_pool(padding=pad(x)!)"}, fuse); }

}  // namespace galet::transform
