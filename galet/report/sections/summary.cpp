// What became of the network, in a few numbers: accuracy, bytes, time, before and after.
#include <fmt/format.h>

#include <cmath>

#include "galet/report/findings.h"

namespace galet::report {
namespace {

std::string shown_bytes(int64_t bytes) { return shown({"", Kind::bytes}, Cell(bytes)); }

bool scored(const Model& model) { return model.accuracy && model.accuracy->labelled; }

/// One standard error of a fraction that was counted over n images, in points.
double standard_error(double fraction, int64_t n) {
  return 100 * std::sqrt(fraction * (1 - fraction) / static_cast<double>(std::max<int64_t>(n, 1)));
}

void accuracy_figures(const Model& first, const Model& last, Section& section) {
  const evaluate::Accuracy& now = *last.accuracy;
  const double error = standard_error(now.top1, now.images);
  if (&first == &last || !scored(first)) {
    section.figures.push_back(
        {"top-1", fmt::format("{:.2f} %", 100 * now.top1), fmt::format("{} of {} images", now.top1_correct, now.images)});
    section.text.push_back(fmt::format("{} names {:.2f} % of {} images rightly; one standard error of so many images is {:.2f} points.",
                                       last.name, 100 * now.top1, now.images, error));
    return;
  }
  const double change = 100 * (now.top1 - first.accuracy->top1);
  section.figures.push_back({"top-1, " + last.name, fmt::format("{:.2f} %", 100 * now.top1),
                             fmt::format("{}: {:.2f} %", first.name, 100 * first.accuracy->top1)});
  const std::string size = first.file_bytes > 0 && last.file_bytes > 0
                               ? fmt::format(", and the file becomes {:.1f} times smaller",
                                             static_cast<double>(first.file_bytes) / static_cast<double>(last.file_bytes))
                               : "";
  const std::string verdict =
      std::fabs(change) <= 2 * error
          ? fmt::format("The change is within what {} images can tell apart (one standard error: {:.2f} points)", now.images, error)
          : fmt::format("That is more than chance explains on {} images (one standard error: {:.2f} points)", now.images, error);
  section.text.push_back(fmt::format("From {} to {} top-1 changes by {:+.2f} points{}. {}.", first.name, last.name, change, size, verdict));
}

void time_figure(const Model& first, const Model& last, Section& section) {
  if (last.timings.empty()) return;
  const evaluate::Latency& now = last.timings.front().latency;
  std::string note = fmt::format("median of {} runs, {} thread{}", now.runs, now.threads, now.threads == 1 ? "" : "s");
  if (&first != &last && !first.timings.empty()) note = fmt::format("{}: {:.3g} ms", first.name, first.timings.front().latency.median_ms);
  section.figures.push_back({"time of one run", fmt::format("{:.3g} ms", now.median_ms), note});
}

Table table_of(const Findings& findings) {
  Table table{"models", "The forms of the network", {{"form"}}, {}};
  bool files = false, costs = false, accuracies = false, times = false, memory = false;
  for (const Model& m : findings.models)
    files |= m.file_bytes > 0, costs |= m.cost.has_value(), accuracies |= m.accuracy.has_value(), times |= !m.timings.empty(),
        memory |= !m.timings.empty() && m.timings.front().peak_memory_bytes > 0;
  if (accuracies)
    table.columns.insert(table.columns.end(),
                         {{"top-1", Kind::percent, 2}, {"top-5", Kind::percent, 2}, {"right", Kind::integer}, {"images", Kind::integer}});
  if (files) table.columns.push_back({"file", Kind::bytes});
  if (costs)
    table.columns.insert(table.columns.end(), {{"constants", Kind::bytes}, {"parameters", Kind::integer}, {"MMAC", Kind::real, 1}});
  if (times) table.columns.insert(table.columns.end(), {{"median", Kind::real, 3, "ms"}, {"peak memory", Kind::bytes}});
  if (times && !memory) table.columns.pop_back();
  for (const Model& m : findings.models) {
    std::vector<Cell> row{m.name};
    if (accuracies) {
      const bool known = scored(m);
      row.push_back(known ? Cell(100 * m.accuracy->top1) : Cell(std::optional<double>()));
      row.push_back(known ? Cell(100 * m.accuracy->top5) : Cell(std::optional<double>()));
      row.push_back(known ? Cell(m.accuracy->top1_correct) : Cell(std::optional<double>()));
      row.push_back(m.accuracy ? Cell(m.accuracy->images) : Cell(std::optional<double>()));
    }
    if (files) row.push_back(Cell(m.file_bytes));
    if (costs) {
      row.push_back(m.cost ? Cell(m.cost->weight_bytes) : Cell(std::optional<double>()));
      row.push_back(m.cost ? Cell(m.cost->parameters) : Cell(std::optional<double>()));
      row.push_back(m.cost ? Cell(static_cast<double>(m.cost->macs) / 1e6) : Cell(std::optional<double>()));
    }
    if (times) {
      row.push_back(m.timings.empty() ? Cell(std::optional<double>()) : Cell(m.timings.front().latency.median_ms));
      if (memory) row.push_back(m.timings.empty() ? Cell(std::optional<double>()) : Cell(m.timings.front().peak_memory_bytes));
    }
    table.rows.push_back(std::move(row));
  }
  return table;
}

}  // namespace

bool summary_section(const Findings& findings, Section& section) {
  if (findings.models.empty()) return false;
  section.title = "Summary";
  const Model &first = findings.models.front(), &last = findings.models.back();
  if (scored(last)) accuracy_figures(first, last, section);
  if (last.accuracy && !last.accuracy->labelled)
    section.text.push_back(fmt::format("The {} images carry no labels, so no accuracy is given.", last.accuracy->images));
  if (findings.comparison && findings.comparison->agreement)
    section.figures.push_back({"same answer", fmt::format("{:.2f} %", 100 * *findings.comparison->agreement),
                               fmt::format("as the first form, {} images", findings.comparison->images)});
  if (last.file_bytes > 0)
    section.figures.push_back({"file", shown_bytes(last.file_bytes),
                               &first == &last || first.file_bytes == 0 ? "" : first.name + ": " + shown_bytes(first.file_bytes)});
  if (last.cost && last.cost->macs > 0)
    section.figures.push_back(
        {"arithmetic", fmt::format("{:.1f} MMAC", static_cast<double>(last.cost->macs) / 1e6), "multiply-accumulates of one image"});
  time_figure(first, last, section);
  section.tables.push_back(table_of(findings));
  return true;
}

}  // namespace galet::report
