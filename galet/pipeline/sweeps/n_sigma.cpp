// Ranges clipped to mean +- n sigma, of weights (per output channel or per tensor, as the recipe says), of activations, or of both, then
// int8: what n costs, beside the ranges that the other observers find by themselves. Sides that are not clipped keep the recipe's choice.
#include "galet/pipeline/clip_weights.h"
#include "galet/pipeline/sweep.h"

namespace galet::pipeline {
namespace {

std::vector<Point> points(const SweepOptions& options, const Graph&) {
  std::vector<Point> result;
  for (const double n : options.values) result.push_back({fmt::format("{:.6g} sigma, {}", n, options.apply), n});
  for (const char* observer : {"min_max", "percentile", "mse", "kl"})
    result.push_back({fmt::format("{}, {}", observer, options.apply), 0, true});
  return result;
}

Graph make(const SweepSetup& setup, const Point& point) {
  const std::string& apply = setup.options.apply;
  const std::string observer = point.beside ? point.label.substr(0, point.label.find(',')) : fmt::format("n_sigma:{:.6g}", point.value);
  const quantize::QuantizeOptions& quantization = setup.options.recipe.quantization;
  Graph graph = setup.graph;
  if (apply != "activations") clip_weights(graph, observer, quantization);
  choose_ranges(graph, setup, apply == "weights" ? setup.options.recipe.calibration.observer : observer);
  quantize::quantize(graph, quantization);
  return graph;
}

}  // namespace

SweepRule n_sigma_sweep() {
  return {.name = "n_sigma",
          .about = "Ranges clipped to mean \u00b1 n standard deviations, then quantized to 8 bits",
          .flag = "sigma",
          .axis = "n, in standard deviations",
          .values = {0.5, 1, 1.5, 2, 2.5, 3, 3.5, 4, 5, 6},
          .min = 0.01,
          .max = 1000,
          .apply = {"both", "weights", "activations"},
          .points = points,
          .make = make};
}

}  // namespace galet::pipeline
