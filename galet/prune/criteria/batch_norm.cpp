// The scale of the batch norm that follows: a channel whose scale is small adds little (Liu et al. 2017, "Network slimming").
#include <cmath>

#include "galet/prune/criterion.h"

namespace galet::prune {
namespace {

/// |scale| by output channel; empty where no batch norm alone reads the layer's result.
std::vector<float> score(const Graph& graph, const Layer& layer, const Evidence&) {
  const std::vector<NodeId> readers = graph.readers(graph.result(layer.node));
  if (readers.size() != 1 || graph.node(readers[0]).op->name != "batch_norm") return {};
  const Value& scale = graph.value(graph.node(readers[0]).operands[1]);
  if (!scale.is_constant() || scale.dtype != DType::f32 || scale.quant || scale.constant.size() != layer.out) return {};
  std::vector<float> scores(static_cast<size_t>(layer.size()));
  for (int64_t o = 0; o < layer.out; ++o)
    for (int64_t tap = 0; tap < layer.taps; ++tap)
      for (int64_t i = 0; i < layer.in; ++i)
        scores[static_cast<size_t>(layer.index(o, tap, i))] = std::fabs(scale.constant.data<float>()[o]);
  return scores;
}

}  // namespace

Criterion batch_norm_criterion() {
  return {.name = "batch_norm",
          .about = "scale of the batch norm behind the channel (channels only; the norm must not be folded)",
          .channels_only = true,
          .score = score};
}

}  // namespace galet::prune
