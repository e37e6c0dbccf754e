// Curves of sweeps: accuracy over the value that was varied, other methods as levels.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "galet/evaluate/knee.h"
#include "galet/report/findings.h"

namespace galet::report {
namespace {

double height(const evaluate::Sweep& sweep, const evaluate::Measured& m) {
  return 100 * (sweep.reference.labelled ? m.top1 : m.from_float.agreement);
}

void add(Chart& chart, const evaluate::Sweep& sweep, const evaluate::SweepPoint& point, double y) {
  const std::string& name = point.series.empty() ? sweep.name : point.series;
  auto series = std::find_if(chart.series.begin(), chart.series.end(), [&](const Series& one) { return one.name == name; });
  if (series == chart.series.end()) series = chart.series.insert(series, {name, {}, {}});
  series->x.push_back(point.value);
  series->y.push_back(y);
}

/// What a point costs, over the value that was varied.
Chart cost_curve(const evaluate::Sweep& sweep, const std::string& id, const std::string& axis, double (*cost)(const evaluate::Measured&)) {
  Chart chart{.id = sweep.name + "_" + id, .title = axis, .text = {}, .form = Form::curve, .x = {sweep.axis}, .y = {axis}};
  for (const evaluate::SweepPoint& point : sweep.points)
    if (!point.beside) add(chart, sweep, point, cost(point.measured));
  chart.marks.push_back({"float", cost(sweep.reference), true, true});
  chart.text = fmt::format("Curve of {} over {}.", axis, sweep.axis);
  return chart;
}

double kilobytes(const evaluate::Measured& m) { return 1e-3 * static_cast<double>(m.stored_bytes); }
double share_of_time(const evaluate::Measured& m) { return m.whole_ms > 0 ? m.image_ms / m.whole_ms : 0; }

Chart curve(const evaluate::Sweep& sweep) {
  const char* what = sweep.reference.labelled ? "top-1 in %" : "same answer as float in %";
  Chart chart{.id = sweep.name, .title = sweep.about, .text = {}, .form = Form::curve, .x = {sweep.axis}, .y = {what}};
  for (const evaluate::SweepPoint& point : sweep.points) {
    if (point.beside) {
      chart.marks.push_back({point.label, height(sweep, point.measured), true});
      continue;
    }
    add(chart, sweep, point, height(sweep, point.measured));
  }
  chart.marks.push_back({"float", height(sweep, sweep.reference), true, true});
  chart.text = fmt::format("Curve of {} over {}, {} points.", what, sweep.axis, chart.series.empty() ? 0 : chart.series[0].x.size());
  return chart;
}

std::string conclusion(const evaluate::Sweep& sweep) {
  const evaluate::SweepPoint *best = nullptr, *beside = nullptr;
  for (const evaluate::SweepPoint& point : sweep.points) {
    const evaluate::SweepPoint*& place = point.beside ? beside : best;
    if (place == nullptr || height(sweep, point.measured) > height(sweep, place->measured)) place = &point;
  }
  if (best == nullptr) return sweep.about + ".";
  std::string text = fmt::format("{}: the best point is {} with {:.2f} %; float has {:.2f} %.", sweep.about, best->label,
                                 height(sweep, best->measured), height(sweep, sweep.reference));
  if (beside != nullptr)
    text += fmt::format(" Of the methods that need no value chosen, the best is {} with {:.2f} %.", beside->label,
                        height(sweep, beside->measured));
  return text;
}

Table table_of(const evaluate::Sweep& sweep) {
  Table table{sweep.name,
              fmt::format("{} images: {}", sweep.reference.images, sweep.settings.data),
              {{"point"},
               {"top-1", Kind::percent, 2},
               {"change", Kind::real, 2, "points"},
               {"top-5", Kind::percent, 2},
               {"same answer", Kind::percent, 2},
               {"SQNR", Kind::real, 1, "dB"},
               {"KL", Kind::real, 4, "nats"},
               {"constants", Kind::bytes},
               {"time", Kind::real, 2, "ms an image"}},
              {}};
  const bool costs = sweep.reference.image_ms > 0;
  if (costs) {
    table.columns.push_back({"in a file", Kind::bytes});
    table.columns.push_back({"alone", Kind::real, 3, "ms, one thread, first 1000 images"});
    table.columns.push_back({"whole network then", Kind::real, 3, "ms"});
  }
  auto row = [&](const std::string& label, const evaluate::Measured& m) {
    const auto known = [&](double x) { return m.labelled ? Cell(x) : Cell(std::optional<double>()); };
    table.rows.push_back({label, known(100 * m.top1), known(100 * (m.top1 - sweep.reference.top1)), known(100 * m.top5),
                          100 * m.from_float.agreement, m.from_float.sqnr_db, m.from_float.kl, m.weight_bytes,
                          1e3 * m.seconds / static_cast<double>(std::max<int64_t>(m.images, 1))});
    if (!costs) return;
    for (const Cell& cell : {Cell(m.stored_bytes), Cell(m.image_ms), Cell(m.whole_ms)}) table.rows.back().push_back(cell);
  };
  row("float", sweep.reference);
  for (const evaluate::SweepPoint& point : sweep.points) row(point.label, point.measured);
  return table;
}

}  // namespace

bool sweep_section(const Findings& findings, Section& section) {
  if (findings.sweeps.empty()) return false;
  section.title = "Sweeps";
  for (const evaluate::Sweep& sweep : findings.sweeps) {
    section.text.push_back(conclusion(sweep));
    const bool costs = sweep.reference.image_ms > 0;
    for (const evaluate::Knee& knee : costs ? evaluate::knees(sweep) : std::vector<evaluate::Knee>())
      section.text.push_back(evaluate::to_text(knee) + ".");
    if (!sweep.points.empty()) section.groups.push_back({"sweep_" + sweep.name, "", {curve(sweep)}});
    if (costs && !sweep.points.empty()) {
      section.groups.push_back({"sweep_bytes", "", {cost_curve(sweep, "bytes", "kB of the .galet file", kilobytes)}});
      section.groups.push_back({"sweep_time", "", {cost_curve(sweep, "time", "time of one image, whole network = 1", share_of_time)}});
    }
    section.tables.push_back(table_of(sweep));
  }
  return true;
}

}  // namespace galet::report
