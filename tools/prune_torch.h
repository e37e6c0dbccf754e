// What galet prune asks galet-torch for: gradients, and training between rounds of a schedule.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "galet/pipeline/prune_model.h"

namespace galet::tools {

struct TuneFlags {
  int rounds = 0;  // of pruning, each followed by training; 0: prune once, train never
  std::string data, test;
  int64_t epochs = 1, limit = 0;
  double lr = 0.002;
};

/// Scores of every weight by galet-torch, over images of `data`.
std::map<std::string, std::vector<float>> scores_by_gradient(const Graph& graph, const std::string& data,
                                                             const pipeline::PruneRecipe& recipe);

/// Prunes in rounds, rising as 1 - (1 - r / rounds)^3 to the amount (Zhu and Gupta 2017, "To prune, or not to prune"), training after each.
/// `images` may be null; `scores`: where gradients come from, empty where the criterion needs none.
pipeline::PrunedModel prune_in_rounds(const Graph& graph, const data::Dataset* images, const std::string& scores,
                                      const pipeline::PruneRecipe& recipe, const TuneFlags& tune);

}  // namespace galet::tools
