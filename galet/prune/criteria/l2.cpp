// Magnitude: |w|; of several weights, the root of the mean square. For single weights the same as l1.
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

Criterion l2_criterion() {
  return {.name = "l2", .about = "magnitude |w|; of several weights the root of the mean square", .power = 2, .score = score};
}

}  // namespace galet::prune
