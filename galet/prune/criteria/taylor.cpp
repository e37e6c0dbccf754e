// What the loss changes by, to first order, when the weight goes: |w dL/dw|, the mean over batches of images (Molchanov et al. 2019,
// "Importance estimation for neural network pruning"). galet-torch has the gradients.
#include "galet/core/error.h"
#include "galet/prune/criterion.h"

namespace galet::prune {
namespace {

std::vector<float> score(const Graph& graph, const Layer& layer, const Evidence& evidence) {
  const std::string& name = graph.value(layer.weight).name;
  const auto found = evidence.given.find(name);
  if (found == evidence.given.end()) fail("criterion taylor: no gradient of \"{}\" was computed", name);
  if (static_cast<int64_t>(found->second.size()) != layer.size())
    fail("criterion taylor: {} scores for \"{}\", expected {}", found->second.size(), name, layer.size());
  return found->second;
}

}  // namespace

Criterion taylor_criterion() {
  return {.name = "taylor",
          .about = "change of the loss without it, to first order: |w dL/dw| over images of --data (needs galet-torch)",
          .needs = Needs::gradients,
          .score = score};
}

}  // namespace galet::prune
