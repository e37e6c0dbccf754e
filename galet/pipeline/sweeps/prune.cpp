// Weights pruned at rising rates without retraining, layer by layer and under one threshold: what goes at which cost in accuracy, and what
// it brings in bytes and time.
#include "galet/pipeline/sweep.h"

namespace galet::pipeline {
namespace {

/// "local,global" cut at its commas.
std::vector<std::string> scopes(const std::string& text) {
  std::vector<std::string> result;
  for (size_t begin = 0; begin <= text.size();) {
    const size_t end = std::min(text.find(',', begin), text.size());
    result.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return result;
}

std::vector<Point> points(const SweepOptions& options, const Graph&) {
  std::vector<Point> result;
  for (const std::string& scope : scopes(options.apply))
    for (const double amount : options.values) result.push_back({fmt::format("{:.6g}, {}", amount, scope), amount, false, scope});
  return result;
}

Graph make(const SweepSetup& setup, const Point& point) {
  PruneRecipe recipe = setup.options.prune;
  recipe.options.scope = prune::parse_scope(point.series);
  recipe.options.amount = point.value;
  Graph graph = setup.graph;
  if (point.value > 0) graph = prune_model(graph, &setup.calibration, recipe).graph;
  if (!setup.options.int8) return graph;
  return quantize_model(graph, &setup.calibration, setup.options.recipe).graph;
}

}  // namespace

SweepRule prune_sweep() {
  return {.name = "prune",
          .about = "A share of the weights pruned, without retraining",
          .flag = "amount",
          .axis = "share of the weights that went",
          .values = {0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9},
          .min = 0,
          .max = 0.999,
          .apply = {"local,global", "local", "global"},
          .apply_flag = "scope",
          .prunes = true,
          .calibrates = false,
          .points = points,
          .make = make};
}

}  // namespace galet::pipeline
