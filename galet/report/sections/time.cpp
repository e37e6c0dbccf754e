// Measured time and memory, and where the time goes.
#include <fmt/format.h>

#include <algorithm>

#include "galet/report/findings.h"

namespace galet::report {
namespace {

constexpr size_t kMostBars = 24;

Chart bars(const std::string& model, const analysis::SpeedReport& report) {
  std::vector<const analysis::LayerSpeed*> layers;
  for (const analysis::LayerSpeed& layer : report.layers) layers.push_back(&layer);
  std::stable_sort(layers.begin(), layers.end(), [](const auto* a, const auto* b) { return a->fastest_ms > b->fastest_ms; });
  const size_t all = layers.size();
  if (layers.size() > kMostBars) layers.resize(kMostBars);
  Chart chart{.id = "layers_" + model,
              .title = all > kMostBars ? fmt::format("Time of the {} longest of {} steps, {}", kMostBars, all, model)
                                       : "Time of each step, " + model,
              .text = {},
              .form = Form::bars,
              .x = {"ms, fastest call"},
              .y = {}};
  Series series{model, {}, {}};
  for (const auto* layer : layers) {
    chart.categories.push_back(layer->name);
    series.y.push_back(layer->fastest_ms);
  }
  chart.series = {std::move(series)};
  if (!layers.empty())
    chart.text = fmt::format("Bars of the time of each step; the longest is {} with {:.3g} ms.", layers[0]->name, layers[0]->fastest_ms);
  return chart;
}

Table layers_table(const std::string& model, const analysis::SpeedReport& report) {
  Table table{"layers_" + model,
              fmt::format("All {} steps of {}", report.layers.size(), model),
              {{"step"},
               {"kind"},
               {"time", Kind::real, 4, "ms"},
               {"share", Kind::percent, 1},
               {"GMAC/s", Kind::real, 1},
               {"GB/s", Kind::real, 1},
               {"of roof", Kind::percent, 0},
               {"kernel"},
               {"why not faster"}},
              {}};
  for (const analysis::LayerSpeed& layer : report.layers)
    table.rows.push_back({layer.name, layer.kind, layer.fastest_ms, 100 * layer.share,
                          layer.macs > 0 ? Cell(layer.gmac_per_s) : Cell(std::optional<double>()), layer.gb_per_s, layer.roof_percent,
                          layer.kernel, layer.note});
  table.folded = table.rows.size() > 12;
  return table;
}

void add_machine(const analysis::MachinePeaks& peaks, Section& section) {
  Table table{"machine", "What this machine can do at most, measured", {{"what"}, {"rate", Kind::real, 1}, {"unit"}}, {}};
  table.rows.push_back({"clock", peaks.clock_ghz, "GHz"});
  table.rows.push_back({"8-bit products, " + peaks.dot_i8, peaks.dot_i8_gmac_per_s, "GMAC/s"});
  table.rows.push_back({"float products, " + peaks.fma_f32, peaks.fma_f32_gmac_per_s, "GMAC/s"});
  for (const analysis::Bandwidth& read : peaks.reads) table.rows.push_back({"reading " + read.level, read.gb_per_s, "GB/s"});
  section.tables.push_back(std::move(table));
}

}  // namespace

bool time_section(const Findings& findings, Section& section) {
  section.title = "Time and memory";
  Table table{"runs",
              "Measured runs",
              {{"form"},
               {"threads", Kind::integer},
               {"images at once", Kind::integer},
               {"fastest 5 %", Kind::real, 3, "ms"},
               {"median", Kind::real, 3, "ms"},
               {"slowest 5 %", Kind::real, 3, "ms"},
               {"runs", Kind::integer},
               {"loading", Kind::real, 1, "ms"},
               {"peak memory", Kind::bytes}},
              {}};
  const analysis::MachinePeaks* machine = nullptr;
  for (const Model& model : findings.models)
    for (const Timing& t : model.timings) {
      table.rows.push_back({model.name, t.latency.threads, t.images, t.latency.p5_ms, t.latency.median_ms, t.latency.p95_ms, t.latency.runs,
                            t.load_ms, t.peak_memory_bytes > 0 ? Cell(t.peak_memory_bytes) : Cell(std::optional<double>())});
      if (t.machine) machine = &*t.machine;
    }
  if (table.rows.empty()) return false;
  section.text.push_back(fmt::format("Times are of one run on {}. They are measured, so they differ a little each time.", this_machine()));
  section.tables.push_back(std::move(table));
  for (const Model& model : findings.models)
    for (const Timing& t : model.timings)
      if (t.layers && !t.layers->layers.empty()) {
        section.groups.push_back({"time_" + model.name, "", {bars(model.name, *t.layers)}});
        section.tables.push_back(layers_table(model.name, *t.layers));
        break;  // of several thread counts the first
      }
  if (machine != nullptr) add_machine(*machine, section);
  return true;
}

}  // namespace galet::report
