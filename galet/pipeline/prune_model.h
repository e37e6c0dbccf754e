// Pruning with what it needs around it: evidence from images, and the record of what was done.
#pragma once

#include "galet/core/progress.h"
#include "galet/data/dataset.h"
#include "galet/prune/prune.h"

namespace galet::pipeline {

struct PruneRecipe {
  prune::PruneOptions options;
  bool correct = true;    // statistics afterwards, where there is a data set and the network is float
  int64_t samples = 512;  // images that criteria and corrections see, drawn at random
  uint64_t seed = 1;
  int threads = 0;
  std::map<std::string, std::vector<float>> scores;  // by the weight's name, for criteria that galet-torch computes
};

struct PrunedModel {
  Graph graph;
  prune::Pruned pruned;
};

/// `dataset` may be null where the criterion needs no images. Throws Error as prune_weights does.
PrunedModel prune_model(const Graph& graph, const data::Dataset* dataset, const PruneRecipe& recipe, Progress& progress = no_progress());

/// The activations that a criterion needs: moments by channel of what the layers read. Empty where it needs none.
calibrate::Collection collect_evidence(const Graph& graph, const data::Dataset* dataset, const PruneRecipe& recipe,
                                       Progress& progress = no_progress());

/// "structure block:16x4, scope global, amount 0.5 of the weights, criterion l1": for records and reports.
std::string recipe_text(const prune::PruneOptions& options);

}  // namespace galet::pipeline
