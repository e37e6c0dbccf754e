// Curves of sweeps: accuracy over the value that was varied, other methods as levels.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "galet/report/findings.h"

namespace galet::report {
namespace {

double height(const evaluate::Sweep& sweep, const evaluate::Measured& m) {
  return 100 * (sweep.reference.labelled ? m.top1 : m.from_float.agreement);
}

Chart curve(const evaluate::Sweep& sweep) {
  const char* what = sweep.reference.labelled ? "top-1 in %" : "same answer as float in %";
  Chart chart{.id = sweep.name, .title = sweep.about, .text = {}, .form = Form::curve, .x = {sweep.axis}, .y = {what}};
  Series series{"clipped", {}, {}};
  series.name = sweep.name;
  for (const evaluate::SweepPoint& point : sweep.points) {
    if (point.beside) {
      chart.marks.push_back({point.label, height(sweep, point.measured), true});
      continue;
    }
    series.x.push_back(point.value);
    series.y.push_back(height(sweep, point.measured));
  }
  chart.series = {std::move(series)};
  chart.marks.push_back({"float", height(sweep, sweep.reference), true, true});
  chart.text = fmt::format("Curve of {} over {}, {} points.", what, sweep.axis, chart.series[0].x.size());
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
  auto row = [&](const std::string& label, const evaluate::Measured& m) {
    const auto known = [&](double x) { return m.labelled ? Cell(x) : Cell(std::optional<double>()); };
    table.rows.push_back({label, known(100 * m.top1), known(100 * (m.top1 - sweep.reference.top1)), known(100 * m.top5),
                          100 * m.from_float.agreement, m.from_float.sqnr_db, m.from_float.kl, m.weight_bytes,
                          1e3 * m.seconds / static_cast<double>(std::max<int64_t>(m.images, 1))});
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
    if (!sweep.points.empty()) section.groups.push_back({"sweep_" + sweep.name, "", {curve(sweep)}});
    section.tables.push_back(table_of(sweep));
  }
  return true;
}

}  // namespace galet::report
