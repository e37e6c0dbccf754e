#include "galet/pipeline/prune_model.h"

#include <algorithm>

#include "galet/core/error.h"
#include "galet/prune/correct.h"

namespace galet::pipeline {

std::string recipe_text(const prune::PruneOptions& options) {
  std::string text = "structure " + prune::to_string(options.structure);
  if (options.structure.grain != prune::Grain::n_m)
    text += fmt::format(", scope {}, amount {:.6g} of the {}", prune::to_string(options.scope), options.amount,
                        options.budget == prune::Budget::macs              ? "multiply-accumulates"
                        : options.structure.grain == prune::Grain::channel ? "channels"
                                                                           : "weights");
  text += ", criterion " + options.criterion;
  const prune::Normalize normalize = prune::chosen_normalize(options.normalize, options.structure);
  const bool compares = options.scope == prune::Scope::global && options.structure.grain != prune::Grain::n_m;
  if (compares && normalize != prune::Normalize::none) text += fmt::format(", normalized by {}", prune::to_string(normalize));
  if (const double limit = prune::chosen_layer_limit(options); limit < 1) text += fmt::format(", at most {:.6g} of a layer", limit);
  if (options.multiple > 1) text += fmt::format(", multiples of {}", options.multiple);
  if (!options.protect.empty()) text += fmt::format(", protected {}", fmt::join(options.protect, " "));
  return text;
}

calibrate::Collection collect_evidence(const Graph& graph, const data::Dataset* dataset, const PruneRecipe& recipe, Progress& progress) {
  if (prune::criterion(recipe.options.criterion).needs != prune::Needs::activations) return {};
  if (dataset == nullptr) fail("criterion {} needs images: --data SPEC", recipe.options.criterion);
  calibrate::CollectOptions options;
  for (const prune::Layer& layer : prune::find_layers(graph, {})) {
    const ValueId src = graph.node(layer.node).operands[0];
    if (std::find(options.values.begin(), options.values.end(), src) == options.values.end()) options.values.push_back(src);
  }
  options.samples = recipe.samples, options.seed = recipe.seed, options.threads = recipe.threads;
  options.histograms = false, options.channels = true;
  return calibrate::collect(graph, *dataset, options, progress);
}

PrunedModel prune_model(const Graph& graph, const data::Dataset* dataset, const PruneRecipe& recipe, Progress& progress) {
  prune::check(recipe.options);
  const calibrate::Collection seen = collect_evidence(graph, dataset, recipe, progress);
  prune::Evidence evidence;
  if (!seen.values.empty()) evidence.seen = &seen;
  evidence.given = recipe.scores;
  PrunedModel model{graph, {}};
  const bool channels = recipe.options.structure.grain == prune::Grain::channel;
  model.pruned = (channels ? prune::remove_channels : prune::prune_weights)(model.graph, recipe.options, evidence);
  if (recipe.correct && dataset != nullptr) {
    const prune::CorrectOptions options{.samples = recipe.samples, .seed = recipe.seed, .threads = recipe.threads};
    const Remarks remarks = prune::correct_statistics(model.graph, graph, model.pruned.places, *dataset, options, progress);
    model.pruned.remarks.insert(model.pruned.remarks.end(), remarks.begin(), remarks.end());
  }
  model.graph.info.metadata["pruned"] = recipe_text(recipe.options);
  return model;
}

}  // namespace galet::pipeline
