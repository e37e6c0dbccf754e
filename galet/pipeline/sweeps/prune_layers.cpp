// Which layers bear to be pruned: each alone loses a share of its weights, the rest of the network stays as it is.
#include "galet/core/error.h"
#include "galet/ir/rewriter.h"
#include "galet/pipeline/sweep.h"

namespace galet::pipeline {
namespace {

std::vector<Point> points(const SweepOptions& options, const Graph& graph) {
  if (options.prune.options.structure.grain == prune::Grain::channel)
    fail("channels are tied across layers: none can be pruned alone; take another --structure");
  std::vector<Point> result;
  for (const double amount : options.values) {
    double place = 0;
    for (const prune::Layer& layer : prune::find_layers(graph, {}))
      if (layer.kept.empty())
        result.push_back({fmt::format("{}, {:.6g}", layer.name, amount), place++, false, fmt::format("{:.6g} of its weights", amount)});
  }
  return result;
}

Graph make(const SweepSetup& setup, const Point& point) {
  const size_t comma = point.label.rfind(", ");
  const std::string name = point.label.substr(0, comma);
  PruneRecipe recipe = setup.options.prune;
  recipe.options.scope = prune::Scope::local;
  recipe.options.amount = std::stod(point.label.substr(comma + 2));
  recipe.correct = false;
  const Graph all = prune_model(setup.graph, &setup.calibration, recipe).graph;
  Graph graph = setup.graph;
  Rewriter rewriter(graph);
  const auto layer = graph.find_node(name);
  if (!layer) fail("layer \"{}\" is not there any more after simplifying", name);
  const ValueId weight = graph.node(*layer).operands[1];
  rewriter.set_constant(weight, all.value(weight).constant);
  rewriter.set_mask(weight, all.value(weight).mask);
  return setup.options.int8 ? quantize_model(graph, &setup.calibration, setup.options.recipe).graph : graph;
}

}  // namespace

SweepRule prune_layers_sweep() {
  return {.name = "prune_layers",
          .about = "Each layer alone loses a share of its weights",
          .flag = "amount",
          .axis = "layer, in order of computation",
          .varied = "share of the layer's weights",
          .values = {0.5, 0.8},
          .min = 0.001,
          .max = 0.999,
          .by_layer = true,
          .prunes = true,
          .calibrates = false,
          .points = points,
          .make = make};
}

}  // namespace galet::pipeline
