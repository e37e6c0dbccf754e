// What each layer weighs and computes.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "galet/report/findings.h"

namespace galet::report {
namespace {

constexpr size_t kMostBars = 24;

Chart bars(const std::vector<const Model*>& models) {
  std::vector<const analysis::LayerCost*> layers;
  for (const analysis::LayerCost& layer : models.back()->cost->layers)
    if (layer.weight_bytes > 0) layers.push_back(&layer);
  std::stable_sort(layers.begin(), layers.end(), [](const auto* a, const auto* b) { return a->weight_bytes > b->weight_bytes; });
  const size_t all = layers.size();
  if (layers.size() > kMostBars) layers.resize(kMostBars);
  Chart chart{
      .id = "weights",
      .title = all > kMostBars ? fmt::format("Bytes of constants, the {} largest of {} layers", kMostBars, all) : "Bytes of constants",
      .text = {},
      .form = Form::bars,
      .x = {"kB"},
      .y = {}};
  for (const auto* layer : layers) chart.categories.push_back(layer->name);
  for (const Model* model : models) {
    std::map<std::string, int64_t> bytes;
    for (const analysis::LayerCost& layer : model->cost->layers) bytes[layer.name] += layer.weight_bytes;
    Series series{model->name, {}, {}};
    for (const auto* layer : layers) series.y.push_back(static_cast<double>(bytes[layer->name]) / 1e3);
    chart.series.push_back(std::move(series));
  }
  chart.text = layers.empty() ? "No layer has constants."
                              : fmt::format("Bars of the bytes of each layer; the largest is {} with {:.1f} kB.", layers[0]->name,
                                            static_cast<double>(layers[0]->weight_bytes) / 1e3);
  return chart;
}

}  // namespace

bool bytes_section(const Findings& findings, Section& section) {
  std::vector<const Model*> models;
  for (const Model& model : findings.models)
    if (model.cost) models.push_back(&model);
  if (models.empty()) return false;
  const analysis::Cost& cost = *models.back()->cost;
  section.title = "Bytes and arithmetic of each layer";
  const Column bytes{"", Kind::bytes};
  section.text.push_back(
      fmt::format("{} parameters in {}, {:.1f} million multiply-accumulates an image; the widest node keeps {} of activations at once.",
                  shown({"", Kind::integer}, Cell(cost.parameters)), shown(bytes, Cell(cost.weight_bytes)),
                  static_cast<double>(cost.macs) / 1e6, shown(bytes, Cell(cost.largest_activation_bytes))));
  if (Chart chart = bars(models); !chart.categories.empty()) section.groups.push_back({"weights", "", {std::move(chart)}});
  Table table{"layers",
              fmt::format("All {} layers of {}", cost.layers.size(), models.back()->name),
              {{"layer"},
               {"op"},
               {"result"},
               {"parameters", Kind::integer},
               {"MMAC", Kind::real, 3},
               {"constants", Kind::bytes},
               {"result", Kind::bytes},
               {"precision"}},
              {}};
  for (const analysis::LayerCost& layer : cost.layers)
    table.rows.push_back({layer.name, layer.op, to_string(layer.dst), layer.parameters, static_cast<double>(layer.macs) / 1e6,
                          layer.weight_bytes, layer.activation_bytes, layer.precision});
  table.folded = table.rows.size() > 12;
  section.tables.push_back(std::move(table));
  return true;
}

}  // namespace galet::report
