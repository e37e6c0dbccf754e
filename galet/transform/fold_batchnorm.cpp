// Folds an inference batch normalisation into the layer that feeds it.
//   before  y = batch_norm(conv2d(x, w, b), scale, shift, mean, var)
//   after   y = conv2d(x, w * k, (b - mean) * k + shift)            k = scale / sqrt(var + epsilon), per output channel
// Applies to conv2d (grouped and depthwise too), conv_transpose2d and linear on rank 2, when nobody else reads the layer's result and all
// parameters are constants. A weight that several layers share gets a private copy for this one. Computed in double, rounded once.
#include <cmath>

#include "galet/transform/edit.h"
#include "galet/transform/weighted.h"

namespace galet::transform {
namespace {

Decision fold(const Match& m, Rewriter& rw) {
  const Graph& g = *m.graph;
  const NodeId layer = m.node("layer");
  if (const std::string why = why_not_absorb(m, layer); !why.empty()) return keep(why);
  if (const std::string why = why_no_affine_after(g, layer); !why.empty()) return keep(why);
  if (channel_axis(g, layer) != 1) return keep("batch_norm counts channels on axis 1, " + describe(g, layer) + " on its last axis");
  const auto channels = static_cast<size_t>(channels_out(g, layer));
  const double epsilon = static_cast<double>(g.call(m.root).get_float("epsilon"));
  std::vector<double> k(channels), t(channels);
  const float *scale = m.constant("scale").data<float>(), *shift = m.constant("shift").data<float>(),
              *mean = m.constant("mean").data<float>(), *var = m.constant("var").data<float>();
  for (size_t c = 0; c < channels; ++c) {
    k[c] = static_cast<double>(scale[c]) / std::sqrt(static_cast<double>(var[c]) + epsilon);
    t[c] = static_cast<double>(shift[c]) - static_cast<double>(mean[c]) * k[c];
    if (!std::isfinite(k[c]) || !std::isfinite(t[c])) return keep(fmt::format("channel {} has variance {}", c, var[c]));
  }
  scale_and_shift_results(rw, layer, k, t);
  absorb(m, rw, layer);
  return applied("into " + describe(g, layer));
}

}  // namespace

Pass fold_batchnorm() {
  return rewrite("batch_norm(layer=conv2d|conv_transpose2d|linear(x, #w, #b?){activation=any}, #scale, #shift, #mean, #var)", fold);
}

}  // namespace galet::transform
