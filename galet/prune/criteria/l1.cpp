// Magnitude: |w|; of several weights, the mean (Han et al. 2015, "Learning both weights and connections"; Li et al. 2016 for filters).
#include <cmath>

#include "galet/prune/criterion.h"

namespace galet::prune {
namespace {

std::vector<float> score(const Graph& graph, const Layer& layer, const Evidence&) {
  std::vector<float> scores = real_weights(graph.value(layer.weight));
  for (float& s : scores) s = std::fabs(s);
  return scores;
}

}  // namespace

Criterion l1_criterion() { return {.name = "l1", .about = "magnitude |w|; of several weights the mean", .score = score}; }

}  // namespace galet::prune
