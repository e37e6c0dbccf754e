// Where weights and activations lie: histograms with n-sigma and clip marks, and what 8 bits make of them.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "galet/report/findings.h"

namespace galet::report {
namespace {

constexpr size_t kBins = 64, kSparks = 24, kMostCharts = 400;

/// The same counts in at most `bins` equal bins.
analysis::RangeHistogram coarser(const analysis::RangeHistogram& histogram, size_t bins) {
  const size_t step = (histogram.counts.size() + bins - 1) / bins;
  if (step <= 1) return histogram;
  analysis::RangeHistogram out{histogram.low, histogram.width * static_cast<double>(step), {}};
  for (size_t i = 0; i < histogram.counts.size(); ++i) {
    if (i % step == 0) out.counts.push_back(0);
    out.counts.back() += histogram.counts[i];
  }
  return out;
}

/// Heights on a logarithmic scale, so that tails are seen beside the peak.
std::vector<double> spark(const analysis::RangeHistogram& histogram) {
  const analysis::RangeHistogram few = coarser(histogram, kSparks);
  double most = 0;
  for (const uint64_t n : few.counts) most = std::max(most, std::log1p(static_cast<double>(n)));
  std::vector<double> heights;
  for (const uint64_t n : few.counts) heights.push_back(most > 0 ? std::log1p(static_cast<double>(n)) / most : 0);
  return heights;
}

Chart histogram(const Findings& findings, const analysis::TensorRange& tensor) {
  const analysis::RangeHistogram few = coarser(tensor.histogram, kBins);
  Chart chart{.id = "histogram_" + tensor.name,
              .title = tensor.name,
              .text = {},
              .form = Form::histogram,
              .x = {"value"},
              .y = {"count, logarithmic"}};
  chart.text = fmt::format("Histogram of {} {}: from {:.4g} to {:.4g}, mean {:.4g}, standard deviation {:.4g}, {:.1f} % exact zeros.",
                           to_string(tensor.kind), tensor.name, tensor.min, tensor.max, tensor.mean, tensor.sigma, tensor.zero_percent);
  chart.width = few.width;
  Series series{"count", {}, {}};
  for (size_t i = 0; i < few.counts.size(); ++i) {
    series.x.push_back(few.low + static_cast<double>(i) * few.width);
    series.y.push_back(static_cast<double>(few.counts[i]));
  }
  chart.series = {std::move(series)};
  for (const analysis::SigmaRange& sigma : tensor.sigmas) {
    const double low = tensor.mean - sigma.n * tensor.sigma, high = tensor.mean + sigma.n * tensor.sigma;
    if (low > static_cast<double>(tensor.min)) chart.marks.push_back({fmt::format("\u2212{:g}\u03c3", sigma.n), low});
    if (high < static_cast<double>(tensor.max)) chart.marks.push_back({fmt::format("+{:g}\u03c3", sigma.n), high});
  }
  if (const auto clip = findings.clips.find(tensor.name); clip != findings.clips.end()) {
    chart.marks.push_back({"clip", clip->second.first, false, true});
    chart.marks.push_back({"clip", clip->second.second, false, true});
  }
  return chart;
}

Table table_of(const analysis::Ranges& ranges, bool weights) {
  Table table{weights ? "weights" : "activations",
              weights ? "Weights" : "Input and activations",
              {{weights ? "weight" : "value"}, {"distribution", Kind::spark}},
              {}};
  auto column = [&](const char* name, Kind kind, int digits) { table.columns.push_back({name, kind, digits}); };
  column("min", Kind::real, 3), column("max", Kind::real, 3), column("mean", Kind::real, 3), column("\u03c3", Kind::real, 3);
  const auto wanted = [&](const analysis::TensorRange& t) {
    return weights ? t.kind == analysis::RangeKind::weight
                   : t.kind == analysis::RangeKind::activation || t.kind == analysis::RangeKind::input;
  };
  std::vector<double> sigmas;
  for (const analysis::TensorRange& tensor : ranges.tensors)
    if (sigmas.empty() && wanted(tensor))
      for (const analysis::SigmaRange& sigma : tensor.sigmas) sigmas.push_back(sigma.n);
  for (const double n : sigmas) column(fmt::format("outside {:g}\u03c3", n).c_str(), Kind::percent, 2);
  column(weights ? "codes unused, per channel" : "codes unused", Kind::percent, 1);
  if (weights) column("codes unused, per tensor", Kind::percent, 1), column("largest channel", Kind::real, 1);
  for (const analysis::TensorRange& tensor : ranges.tensors) {
    if (!wanted(tensor)) continue;
    Cell small("");
    small.spark = spark(tensor.histogram);
    std::vector<Cell> row{tensor.name, small, static_cast<double>(tensor.min), static_cast<double>(tensor.max), tensor.mean, tensor.sigma};
    for (size_t i = 0; i < sigmas.size(); ++i)
      row.push_back(i < tensor.sigmas.size() ? Cell(tensor.sigmas[i].outside_percent) : Cell(std::optional<double>()));
    row.push_back(tensor.unused_codes_percent);
    if (weights) {
      row.push_back(tensor.unused_codes_tensor_percent);
      row.push_back(tensor.dwarfing.empty() ? Cell(std::optional<double>()) : Cell(tensor.dwarfing.front().ratio));
    }
    table.rows.push_back(std::move(row));
  }
  table.folded = table.rows.size() > 12;
  return table;
}

std::string conclusion(const analysis::Ranges& ranges) {
  const analysis::TensorRange* widest = nullptr;
  size_t dwarfed = 0;
  double ratio = 0;
  for (const analysis::TensorRange& tensor : ranges.tensors) {
    if (tensor.kind != analysis::RangeKind::weight) continue;
    const double reach =
        std::max(std::fabs(static_cast<double>(tensor.min)), std::fabs(static_cast<double>(tensor.max))) / std::max(tensor.sigma, 1e-30);
    if (tensor.sigma > 0 && reach > ratio) ratio = reach, widest = &tensor;
    dwarfed += tensor.dwarfing.empty() ? 0 : 1;
  }
  std::string text;
  if (widest != nullptr) text = fmt::format("The weight that reaches farthest is {}: {:.1f} standard deviations. ", widest->name, ratio);
  text += dwarfed == 0 ? "No weight has a channel that dwarfs its neighbours."
                       : fmt::format(
                             "In {} weights a channel is at least {:g} times as large as the median channel: with one scale for the whole "
                             "tensor its neighbours would lose bits, so scales per channel are worth having.",
                             dwarfed, analysis::kDwarfingRatio);
  return text;
}

}  // namespace

bool ranges_section(const Findings& findings, Section& section) {
  if (!findings.ranges || findings.ranges->tensors.empty()) return false;
  const analysis::Ranges& ranges = *findings.ranges;
  section.title = "Where the numbers lie";
  section.text.push_back(conclusion(ranges));
  section.text.push_back(
      ranges.images > 0 ? fmt::format("Activations were seen over {} images of {}, drawn with seed {}. Counts are drawn on a logarithmic "
                                      "scale; lines mark whole standard deviations from the mean, and where the codes end.",
                                      ranges.images, ranges.data, ranges.seed)
                        : "No images were given: weights only.");
  ChartGroup group{"histograms", "Tensor", {}};
  size_t left = 0;
  for (const analysis::TensorRange& tensor : ranges.tensors) {
    if (tensor.kind == analysis::RangeKind::bias || tensor.histogram.counts.empty()) continue;
    group.charts.size() < kMostCharts ? group.charts.push_back(histogram(findings, tensor)) : void(++left);
  }
  if (left > 0) section.text.push_back(fmt::format("{} further histograms are left out of this page.", left));
  if (!group.charts.empty()) section.groups.push_back(std::move(group));
  for (const bool weights : {true, false})
    if (Table table = table_of(ranges, weights); !table.rows.empty()) section.tables.push_back(std::move(table));
  const analysis::Footprint& f = ranges.footprint;
  Table bytes{"footprint", "Bytes of the weights", {{"width"}, {"weights", Kind::bytes}, {"biases", Kind::bytes}}, {}};
  for (const int bits : {32, 8, 4, 2})
    bytes.rows.push_back({bits == 32 ? std::string("float, 32 bits") : fmt::format("{} bits", bits), f.weight_bytes(bits), f.bias_bytes()});
  section.tables.push_back(std::move(bytes));
  return true;
}

}  // namespace galet::report
