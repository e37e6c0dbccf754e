#include "galet/pipeline/calibration_sensitivity.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "galet/evaluate/accuracy.h"
#include "galet/runtime/codes.h"

namespace galet::pipeline {
namespace {

constexpr double kEnoughChange = 0.05;

using Scales = std::map<std::string, double>;  // by value

Scales scales_of(const Graph& graph) {
  Scales scales;
  for (const ValueId id : graph.values())
    if (const Value& value = graph.value(id); !value.is_constant() && runtime::is_coded(value))
      scales[value.name] = static_cast<double>(value.quant->scales[0]);
  return scales;
}

void compare(const Scales& scales, const Scales& reference, CalibrationDraw& draw) {
  for (const auto& [name, scale] : reference) {
    const auto found = scales.find(name);
    if (found == scales.end()) continue;
    const double change = std::fabs(found->second / scale - 1);
    draw.mean_change += change / static_cast<double>(reference.size());
    if (change >= draw.max_change) draw.max_change = change, draw.worst = name;
  }
}

std::optional<double> top1_of(const Graph& graph, const data::Dataset* test, const CalibrationSensitivityOptions& options) {
  if (test == nullptr) return std::nullopt;
  evaluate::AccuracyOptions accuracy;
  accuracy.threads = options.recipe.calibration.threads;
  accuracy.limit = options.limit;
  const evaluate::Accuracy found = evaluate::accuracy(graph, *test, accuracy);
  return found.labelled ? std::optional(found.top1) : std::nullopt;
}

}  // namespace

CalibrationSensitivity calibration_sensitivity(const Graph& graph, const data::Dataset& dataset, const data::Dataset* test,
                                               const CalibrationSensitivityOptions& options, Progress& progress) {
  std::vector<int64_t> numbers;
  for (const int64_t n : options.samples)
    if (n >= 1 && n < dataset.size()) numbers.push_back(n);
  numbers.push_back(std::min(dataset.size(), options.samples.empty() ? dataset.size() : *std::ranges::max_element(options.samples)));
  std::ranges::sort(numbers);
  numbers.erase(std::unique(numbers.begin(), numbers.end()), numbers.end());

  CalibrationSensitivity result;
  Graph simplified = graph;
  result.float_top1 = top1_of(simplified, test, options);
  const int draws = std::max(options.draws, 1);
  progress.start("calibrations", static_cast<int64_t>(numbers.size()) * draws);
  int64_t done = 0;
  Scales reference;
  for (auto number = numbers.rbegin(); number != numbers.rend(); ++number) {
    const bool all = *number == dataset.size();  // then every draw is the same
    for (int d = 0; d < (all ? 1 : draws); ++d) {
      QuantizeRecipe recipe = options.recipe;
      recipe.calibration.samples = *number;
      recipe.calibration.seed += static_cast<uint64_t>(d);
      const QuantizedModel model = quantize_model(graph, &dataset, recipe);
      const Scales scales = scales_of(model.graph);
      if (scales.empty()) fail("nothing of this network is calibrated: all of it stays float");
      if (reference.empty()) reference = scales;
      CalibrationDraw draw;
      draw.samples = *number, draw.seed = recipe.calibration.seed;
      compare(scales, reference, draw);
      draw.top1 = top1_of(model.graph, test, options);
      result.draws.push_back(draw);
      progress.update(++done);
    }
  }
  progress.finish();
  std::ranges::stable_sort(result.draws,
                           [](const auto& a, const auto& b) { return a.samples != b.samples ? a.samples < b.samples : a.seed < b.seed; });
  for (auto draw = result.draws.rbegin(); draw != result.draws.rend() && draw->mean_change <= kEnoughChange; ++draw)
    result.enough = draw->samples;
  if (std::ranges::any_of(result.draws, [&](const auto& d) { return d.samples == result.enough && d.mean_change > kEnoughChange; })) {
    const auto next = std::ranges::upper_bound(numbers, result.enough);
    result.enough = next == numbers.end() ? 0 : *next;
  }
  return result;
}

}  // namespace galet::pipeline
