// Folds multiplications and additions of one constant a channel (or one constant) into the layer before or behind them.
//   before  y = add(mul(conv2d(x, w, b), k), t)        after  y = conv2d(x, w * k, b * k + t)            per output channel; sub and div
//   likewise; t - conv(x) is k = -1 before  y = conv2d(mul(x, k), w, b)                after  y = conv2d(x, w * k, b) per input channel;
//   padding is 0 and stays 0 before  y = conv2d(add(x, t), w, b)                after  y = conv2d(x, w, b + sum over i of w * t)  only
//   without padding, which would be 0 instead of t
// So the bias of a linear layer that was written as matmul and add, and a normalisation of the picture at the entry, vanish. Not when
// others read the value between.
#include <cmath>

#include "galet/transform/edit.h"
#include "galet/transform/weighted.h"

namespace galet::transform {
namespace {

struct Affine {
  std::vector<double> scale, shift;
};

/// What the node `affine` (mul, add, sub, div with the constant k) does to the channels of its other operand. Nothing where k is not one
/// number a channel.
std::optional<Affine> affine_of(const Match& m, NodeId affine, size_t axis, int64_t channels) {
  const Graph& g = *m.graph;
  const Node& node = g.node(affine);
  const auto k = per_channel(m.value("k"), g.value(g.result(affine)).shape.size(), axis, channels);
  if (!k) return std::nullopt;
  const std::string_view op = node.op->name;
  const bool k_first = node.operands[0] == m["k"];
  if (op == "div" && k_first) return std::nullopt;
  Affine result{std::vector<double>(k->size(), 1.0), std::vector<double>(k->size(), 0.0)};
  for (size_t c = 0; c < k->size(); ++c) {
    if (op == "mul")
      result.scale[c] = (*k)[c];
    else if (op == "div")
      result.scale[c] = 1 / (*k)[c];
    else
      result.shift[c] = op == "sub" && !k_first ? -(*k)[c] : (*k)[c];
    if (op == "sub" && k_first) result.scale[c] = -1;
    if (!std::isfinite(result.scale[c]) || !std::isfinite(result.shift[c])) return std::nullopt;
  }
  return result;
}

Decision fold_behind(const Match& m, Rewriter& rw) {
  const Graph& g = *m.graph;
  const NodeId layer = m.node("layer");
  if (m.result().shape != m.value("layer").shape) return no_match();
  const auto affine = affine_of(m, m.root, channel_axis(g, layer), channels_out(g, layer));
  if (!affine) return no_match();
  if (const std::string why = why_not_absorb(m, layer); !why.empty()) return keep(why);
  if (const std::string why = why_no_affine_after(g, layer); !why.empty()) return keep(why);
  scale_and_shift_results(rw, layer, affine->scale, affine->shift);
  absorb(m, rw, layer);
  return applied("into " + describe(g, layer));
}

Decision fold_before(const Match& m, Rewriter& rw) {
  const Graph& g = *m.graph;
  const NodeId between = m.node("affine");
  const Value& src = m.value("x");
  if (src.shape != m.value("affine").shape || src.is_constant()) return no_match();
  const auto affine = affine_of(m, between, channel_axis(g, m.root), channels_in(g, m.root));
  if (!affine) return no_match();
  if (m.value("affine").quant) return keep(describe(g, between) + " has a quantization of its own");
  if (const std::string why = why_not_editable(g, m.root); !why.empty()) return keep(why);
  bool shifts = false, scales = false;
  for (const double t : affine->shift) shifts |= t != 0;
  for (const double k : affine->scale) scales |= k != 1;
  if (shifts && g.node(m.root).op->name != "linear") {
    if (g.node(m.root).op->name != "conv2d") return keep("an addition before a transposed convolution changes its border differently");
    if (g.call(m.root).get_ints("pads") != Ints{0, 0, 0, 0})
      return keep("padding comes between " + describe(g, between) + " and the convolution");
  }
  const std::string what = describe(g, between);
  if (shifts) shift_sources(rw, m.root, affine->shift);
  if (scales) scale_sources(rw, m.root, affine->scale);
  rw.set_operand(m.root, 0, m["x"]);
  return applied("took in " + what);
}

}  // namespace

Pass fold_affine() {
  return rewrite({"add(layer=conv2d|conv_transpose2d|linear(x, #w, #b?){activation=any}, #k)",
                  "mul(layer=conv2d|conv_transpose2d|linear(x, #w, #b?){activation=any}, #k)",
                  "sub|div(layer=conv2d|conv_transpose2d|linear(x, #w, #b?){activation=any}, #k)",
                  "sub(#k, layer=conv2d|conv_transpose2d|linear(x, #w, #b?){activation=any})"},
                 fold_behind)
      .also({"conv2d|conv_transpose2d|linear(affine=add(x, #k)!, #w, #b?){activation=any}",
             "conv2d|conv_transpose2d|linear(affine=mul(x, #k)!, #w, #b?){activation=any}",
             "conv2d|conv_transpose2d|linear(affine=sub|div(x, #k)!, #w, #b?){activation=any}"},
            fold_before);
}

}  // namespace galet::transform
