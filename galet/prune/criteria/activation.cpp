// Magnitude weighted by what it is multiplied with: |w| times the root mean square of the input channel that it reads (Sun et al. 2023, "A
// simple and effective pruning approach for large language models": Wanda).
#include <algorithm>
#include <cmath>

#include "galet/core/error.h"
#include "galet/prune/criterion.h"

namespace galet::prune {
namespace {

const calibrate::Seen& seen_source(const Graph& graph, const Layer& layer, const Evidence& evidence) {
  const ValueId src = graph.node(layer.node).operands[0];
  if (evidence.seen == nullptr) fail("criterion activation needs images: --data SPEC");
  const auto& values = evidence.seen->values;
  const auto found = std::find_if(values.begin(), values.end(), [&](const auto& one) { return one.value == src; });
  if (found == values.end() || found->moments.count == 0)
    fail("criterion activation: what \"{}\" reads was not seen as real numbers; prune before quantizing, or by l1", layer.name);
  return *found;
}

std::vector<float> score(const Graph& graph, const Layer& layer, const Evidence& evidence) {
  const calibrate::Seen& seen = seen_source(graph, layer, evidence);
  auto rms = [&](int64_t channel) {
    const bool apart = static_cast<int64_t>(seen.channels.size()) == layer.in * layer.groups;
    const calibrate::Moments& m = apart ? seen.channels[static_cast<size_t>(channel)] : seen.moments;
    return std::sqrt(m.m2 / static_cast<double>(std::max<int64_t>(m.count, 1)) + m.mean * m.mean);
  };
  std::vector<double> weight(static_cast<size_t>(layer.in * layer.groups));
  for (size_t c = 0; c < weight.size(); ++c) weight[c] = rms(static_cast<int64_t>(c));
  std::vector<float> scores = real_weights(graph.value(layer.weight));
  const int64_t per_group = layer.out / layer.groups;
  for (int64_t o = 0; o < layer.out; ++o)
    for (int64_t i = 0; i < layer.in; ++i)
      for (int64_t tap = 0; tap < layer.taps; ++tap) {
        float& s = scores[static_cast<size_t>(layer.index(o, tap, i))];
        s = static_cast<float>(std::fabs(static_cast<double>(s)) * weight[static_cast<size_t>(o / per_group * layer.in + i)]);
      }
  return scores;
}

}  // namespace

Criterion activation_criterion() {
  return {.name = "activation",
          .about = "magnitude times the root mean square of what it multiplies, over images of --data",
          .needs = Needs::activations,
          .score = score};
}

}  // namespace galet::prune
