#include "galet/prune/scores.h"

#include <algorithm>
#include <numeric>

namespace galet::prune {

std::vector<float> weight_scores(const Graph& graph, const Layer& layer, const Criterion& criterion, const Evidence& evidence) {
  std::vector<float> scores = criterion.score(graph, layer, evidence);
  const std::vector<uint8_t> mask = mask_of(graph.value(layer.weight));
  for (size_t i = 0; i < mask.size() && i < scores.size(); ++i)
    if (mask[i] == 0) scores[i] = 0;
  return scores;
}

void normalize(std::vector<float>& scores, Normalize how) {
  if (how == Normalize::none || scores.empty()) return;
  if (how == Normalize::mean) {
    const double mean = std::accumulate(scores.begin(), scores.end(), 0.0) / static_cast<double>(scores.size());
    if (mean > 0)
      for (float& s : scores) s = static_cast<float>(static_cast<double>(s) / mean);
    return;
  }
  std::vector<size_t> order(scores.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return scores[a] > scores[b]; });
  double sum = 0;
  for (const size_t u : order) {
    const double square = static_cast<double>(scores[u]) * static_cast<double>(scores[u]);
    sum += square;
    scores[u] = sum > 0 ? static_cast<float>(square / sum) : 0.0f;
  }
}

}  // namespace galet::prune
