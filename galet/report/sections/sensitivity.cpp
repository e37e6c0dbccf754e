// A heat map: what each layer costs when it alone has few bits.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "galet/report/findings.h"

namespace galet::report {
namespace {

/// Of 40 dB and more nothing is to fear, of 0 dB nothing is left.
double shade(double sqnr_db) { return std::clamp((40 - sqnr_db) / 40, 0.0, 1.0); }

void add(const evaluate::Sensitivity& study, Section& section) {
  Table table{"sqnr",
              "SQNR of the network's outputs in dB; dark cells are layers that do not bear so few bits",
              {{"layer"}, {"weights", Kind::integer}},
              {}};
  for (const int bits : study.bits) table.columns.push_back({fmt::format("{} bits", bits), Kind::real, 1, "dB"});
  if (study.reference.labelled)
    for (const int bits : study.bits) table.columns.push_back({fmt::format("{} bits", bits), Kind::real, 2, "top-1 points"});
  table.heat = true;
  const evaluate::LayerSensitivity* worst = nullptr;
  for (const std::string& layer : study.layers) {
    std::map<int, const evaluate::LayerSensitivity*> by_bits;
    for (const evaluate::LayerSensitivity& point : study.points)
      if (point.layer == layer) {
        by_bits[point.bits] = &point;
        if (worst == nullptr || point.measured.from_float.sqnr_db < worst->measured.from_float.sqnr_db) worst = &point;
      }
    if (by_bits.empty()) continue;
    std::vector<Cell> row{layer, by_bits.begin()->second->weights};
    for (const int bits : study.bits) {
      const auto found = by_bits.find(bits);
      Cell cell = found == by_bits.end() ? Cell(std::optional<double>()) : Cell(found->second->measured.from_float.sqnr_db);
      if (found != by_bits.end()) cell.shade = shade(*cell.number);
      row.push_back(cell);
    }
    if (study.reference.labelled)
      for (const int bits : study.bits) {
        const auto found = by_bits.find(bits);
        row.push_back(found == by_bits.end() ? Cell(std::optional<double>())
                                             : Cell(100 * (found->second->measured.top1 - study.reference.top1)));
      }
    table.rows.push_back(std::move(row));
  }
  if (worst != nullptr)
    section.text.push_back(fmt::format(
        "Each layer was quantized alone, the rest stayed float, over {}. The one that hurts most is {} with {} bits: {:.1f} dB, and {:.2f} "
        "% of the answers stay the same.",
        study.settings.data, worst->layer, worst->bits, worst->measured.from_float.sqnr_db, 100 * worst->measured.from_float.agreement));
  section.tables.push_back(std::move(table));
}

}  // namespace

bool sensitivity_section(const Findings& findings, Section& section) {
  for (const evaluate::Sensitivity& study : findings.sensitivities)
    if (!study.points.empty()) add(study, section);
  section.title = "Sensitivity of layers";
  return !section.tables.empty();
}

}  // namespace galet::report
