// How far each value of the last form lies from the first form's: where precision went.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "galet/report/findings.h"

namespace galet::report {

bool layer_error_section(const Findings& findings, Section& section) {
  if (!findings.comparison || findings.comparison->layers.empty()) return false;
  const analysis::Comparison& comparison = *findings.comparison;
  section.title = "Error of each layer";
  const analysis::LayerError& worst = comparison.layers.front();
  section.text.push_back(fmt::format(
      "SQNR is the power of a value over the power of its error: 20 dB is an error of a tenth, 40 dB of a hundredth. The lowest is {} at "
      "{:.1f} "
      "dB. Errors add up on the way through the network; where the curve drops suddenly and stays low, that layer is worth more bits "
      "(--keep-float).",
      worst.name, worst.sqnr_db));
  std::map<std::string, size_t> place;
  for (size_t i = 0; i < findings.value_order.size(); ++i) place.emplace(findings.value_order[i], i);
  std::vector<const analysis::LayerError*> order;
  for (const analysis::LayerError& layer : comparison.layers) order.push_back(&layer);
  std::stable_sort(order.begin(), order.end(), [&](const auto* a, const auto* b) {
    const auto x = place.find(a->name), y = place.find(b->name);
    return (x == place.end() ? place.size() : x->second) < (y == place.end() ? place.size() : y->second);
  });

  Chart chart{.id = "sqnr",
              .title = "Signal to quantization noise along the network",
              .text = {},
              .form = Form::profile,
              .x = {"layers in order of computation"},
              .y = {"SQNR in dB"}};
  chart.text =
      fmt::format("Curve of SQNR over {} values in order of computation, lowest {:.1f} dB at {}.", order.size(), worst.sqnr_db, worst.name);
  Series series{"SQNR", {}, {}};
  for (const auto* layer : order) {
    chart.categories.push_back(layer->name);
    series.y.push_back(std::isfinite(layer->sqnr_db) ? layer->sqnr_db : std::numeric_limits<double>::quiet_NaN());
  }
  chart.series = {std::move(series)};
  section.groups.push_back({"sqnr", "", {std::move(chart)}});

  Table table{"values",
              fmt::format("All {} values, worst first", comparison.layers.size()),
              {{"value"}, {"made by"}, {"SQNR", Kind::real, 1, "dB"}, {"largest error", Kind::real, 4}, {"mean error", Kind::real, 5}},
              {}};
  for (const analysis::LayerError& layer : comparison.layers)
    table.rows.push_back({layer.name, layer.op, layer.sqnr_db, layer.max_error, layer.mean_error});
  table.folded = table.rows.size() > 12;
  section.tables.push_back(std::move(table));
  return true;
}

}  // namespace galet::report
