#include "galet/pipeline/clip_weights.h"

#include <algorithm>
#include <set>
#include <vector>

#include "galet/calibrate/moments.h"
#include "galet/calibrate/observer.h"
#include "galet/ir/rewriter.h"
#include "galet/quantize/regions.h"
#include "galet/quantize/weight_codes.h"
#include "galet/runtime/computation.h"

namespace galet::pipeline {
namespace {

calibrate::Range range_of(const std::vector<float>& values, const calibrate::Observer& observer) {
  const calibrate::Moments moments = calibrate::moments_of(values);
  calibrate::Histogram histogram;
  if (observer.rule->needs_histogram) histogram.add(values, moments.min, moments.max);
  return observer.range(
      {moments.count, moments.min, moments.max, moments.mean, moments.sigma(), observer.rule->needs_histogram ? &histogram : nullptr});
}

}  // namespace

double clip_weights(Graph& graph, const std::string& name, const quantize::QuantizeOptions& options) {
  const calibrate::Observer observer = calibrate::parse_observer(name);
  const quantize::Regions regions = quantize::find_regions(graph, options);
  Rewriter rewriter(graph, "clip_weights");
  std::set<ValueId> done;
  int64_t moved = 0, all = 0;
  for (const auto& choice : regions.nodes) {
    const Node& node = graph.node(choice.node);
    if (!choice.integer || node.op->quant != QuantTrait::weighted || !done.insert(node.operands[1]).second) continue;
    const Tensor& weight = graph.value(node.operands[1]).constant;
    const int axis = options.per_channel ? runtime::weight_channel_axis(node, weight.shape()) : -1;
    const quantize::ChannelView view(weight.shape(), axis);
    Tensor clipped = Tensor::from<float>(weight.shape(), weight.span<float>());
    float* w = clipped.mutable_data<float>();
    for (int64_t c = 0; c < view.channels; ++c) {
      std::vector<float> values;
      view.each(c, [&](int64_t at) { values.push_back(w[at]); });
      const calibrate::Range range = range_of(values, observer);
      view.each(c, [&](int64_t at) {
        const float x = std::clamp(w[at], range.min, range.max);
        moved += x != w[at] ? 1 : 0;
        w[at] = x;
      });
    }
    all += weight.size();
    rewriter.set_constant(node.operands[1], std::move(clipped));
  }
  return all > 0 ? static_cast<double>(moved) / static_cast<double>(all) : 0;
}

}  // namespace galet::pipeline
