// A batch normalisation that stands alone (before a convolution, as in DenseNet, or behind a concat) becomes a layer that can be computed
// in integers.
//   before  y = batch_norm(x, scale, shift, mean, var)
//   after   y = conv2d(x, k, t) group=C, kernel 1x1      k = scale / sqrt(var + epsilon), t = shift - mean * k           x: NCHW
//   after   y = add(mul(x, k), t)                                                                                        x of another rank
// A depthwise convolution rather than mul and add: one rounding instead of two, a weight scale of its own for each channel, and it takes a
// relu in.
#include <cmath>

#include "galet/ops/ops.h"
#include "galet/transform/edit.h"

namespace galet::transform {
namespace {

Decision decompose(const Match& m, Rewriter& rw) {
  const Graph& g = *m.graph;
  const Shape& src = m.value("x").shape;
  const int64_t channels = m.constant("scale").size();
  const double epsilon = static_cast<double>(g.call(m.root).get_float("epsilon"));
  const bool image = src.size() == 4;
  Shape wide(src.size(), 1);
  wide[1] = channels;
  Tensor k(DType::f32, image ? Shape{channels, 1, 1, 1} : wide), t(DType::f32, image ? Shape{channels} : wide);
  for (int64_t c = 0; c < channels; ++c) {
    const double factor = static_cast<double>(m.constant("scale").data<float>()[c]) /
                          std::sqrt(static_cast<double>(m.constant("var").data<float>()[c]) + epsilon);
    const double offset =
        static_cast<double>(m.constant("shift").data<float>()[c]) - static_cast<double>(m.constant("mean").data<float>()[c]) * factor;
    if (!std::isfinite(factor) || !std::isfinite(offset))
      return keep(fmt::format("channel {} has variance {}", c, m.constant("var").data<float>()[c]));
    k.mutable_data<float>()[c] = static_cast<float>(factor);
    t.mutable_data<float>()[c] = static_cast<float>(offset);
  }
  const std::string name = g.node(m.root).name;
  const ValueId weight = rw.constant(name + ".weight", std::move(k)), bias = rw.constant(name + ".bias", std::move(t));
  if (image) return replace_by(m, rw, "conv2d", {m["x"], weight, bias}, {{"group", channels}}, "to a depthwise conv2d");
  const NodeId product = rw.insert(ops::get("mul"), name + ".mul", {m["x"], weight});
  return replace_by(m, rw, "add", {g.result(product), bias}, {}, "to mul and add");
}

}  // namespace

Pass decompose_batchnorm() { return rewrite("batch_norm(x, #scale, #shift, #mean, #var)", decompose); }

}  // namespace galet::transform
