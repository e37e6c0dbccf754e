#include "galet/evaluate/knee.h"

#include <fmt/format.h>

#include <algorithm>

namespace galet::evaluate {
namespace {

double height(const Sweep& sweep, const Measured& m) { return sweep.reference.labelled ? m.top1 : m.from_float.agreement; }

}  // namespace

std::vector<Knee> knees(const Sweep& sweep, double tolerance) {
  std::vector<Knee> result;
  if (sweep.by_layer) return result;
  std::vector<std::string> names;
  for (const SweepPoint& point : sweep.points)
    if (!point.beside && std::find(names.begin(), names.end(), point.series) == names.end()) names.push_back(point.series);
  for (const std::string& name : names) {
    std::vector<const SweepPoint*> points;
    for (const SweepPoint& point : sweep.points)
      if (!point.beside && point.series == name) points.push_back(&point);
    std::sort(points.begin(), points.end(), [](const auto* a, const auto* b) { return a->value < b->value; });
    if (points.size() < 3 || points.front()->value == points.back()->value) continue;
    Knee knee{name, points.front()->value, points.front()->value, tolerance};
    for (const SweepPoint* point : points) {
      if (height(sweep, point->measured) < height(sweep, sweep.reference) - tolerance) break;
      knee.flat = point->value;
    }
    const double x0 = points.front()->value, x1 = points.back()->value;
    const double y0 = height(sweep, points.front()->measured), y1 = height(sweep, points.back()->measured);
    double most = 0;
    for (const SweepPoint* point : points) {
      const double above = height(sweep, point->measured) - (y0 + (y1 - y0) * (point->value - x0) / (x1 - x0));
      if (above > most) most = above, knee.bend = point->value;
    }
    result.push_back(knee);
  }
  return result;
}

std::string to_text(const Knee& knee) {
  return fmt::format("{}{}within {:.3g} point{} of the whole network up to {:.6g}; bends at {:.6g}", knee.series,
                     knee.series.empty() ? "" : ": ", 100 * knee.tolerance, knee.tolerance == 0.01 ? "" : "s", knee.flat, knee.bend);
}

}  // namespace galet::evaluate
