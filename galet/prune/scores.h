// Scores of weights as they are compared.
#pragma once

#include <vector>

#include "galet/prune/prune.h"

namespace galet::prune {

/// Of each weight, in the order of the constant; 0 for those masked before; empty where the criterion has nothing to say.
std::vector<float> weight_scores(const Graph& graph, const Layer& layer, const Criterion& criterion, const Evidence& evidence);

/// Of one layer, made comparable with others'. Normalize::automatic must have been resolved.
void normalize(std::vector<float>& scores, Normalize how);

}  // namespace galet::prune
