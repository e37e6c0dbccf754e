// Weights of every integer layer with b bits, 8 down to 2; activations stay at 8.
#include "galet/pipeline/sweep.h"

namespace galet::pipeline {
namespace {

std::vector<Point> points(const SweepOptions& options, const Graph&) {
  std::vector<Point> result;
  for (const double bits : options.values) result.push_back({fmt::format("{} bits", bits), bits});
  return result;
}

Graph make(const SweepSetup& setup, const Point& point) {
  quantize::QuantizeOptions quantization = setup.options.recipe.quantization;
  quantization.weight_bits = static_cast<int>(point.value);
  Graph graph = setup.graph;
  choose_ranges(graph, setup, setup.options.recipe.calibration.observer);
  quantize::quantize(graph, quantization);
  return graph;
}

}  // namespace

SweepRule weight_bits_sweep() {
  return {.name = "weight_bits",
          .about = "Weights with b bits each, activations with 8, without retraining",
          .flag = "bits",
          .axis = "bits of each weight",
          .values = {2, 3, 4, 5, 6, 7, 8},
          .min = 2,
          .max = 8,
          .whole = true,
          .points = points,
          .make = make};
}

}  // namespace galet::pipeline
