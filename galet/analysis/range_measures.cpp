#include "galet/analysis/range_measures.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "galet/core/dtype.h"

namespace galet::analysis {
namespace {

constexpr size_t kHistogramBins = 128;  // enough to draw

double percent(double part, double whole) { return whole > 0 ? 100 * part / whole : 0; }

/// Count of elements below low and above high, as `outside(low, high)` says.
template <typename Outside>
void add_sigmas(TensorRange& range, const std::vector<double>& sigmas, Outside&& outside) {
  const double min = static_cast<double>(range.min), max = static_cast<double>(range.max);
  for (const double n : sigmas) {
    const double low = range.mean - n * range.sigma, high = range.mean + n * range.sigma;
    SigmaRange sigma{n, std::max(low, min), std::min(high, max), percent(outside(low, high), static_cast<double>(range.count)), 0};
    const double from = std::min(low, 0.0), to = std::max(high, 0.0);
    const double beyond = std::max(0.0, std::min(min, 0.0) - from) + std::max(0.0, to - std::max(max, 0.0));
    if (to > from) sigma.wasted_codes = static_cast<int>(std::nearbyint(255 * beyond / (to - from)));
    range.sigmas.push_back(sigma);
  }
}

/// 256 codes over [min, max] with zero among them: what quantize makes of an activation that nobody clips.
struct Asymmetric {
  double scale, zero_point;
  explicit Asymmetric(const TensorRange& range) {
    const double low = std::min(0.0, static_cast<double>(range.min)), high = std::max(0.0, static_cast<double>(range.max));
    scale = high > low ? (high - low) / 255 : 1;
    zero_point = std::nearbyint(-low / scale);
  }
  int code(double x) const { return static_cast<int>(std::clamp(std::nearbyint(x / scale) + zero_point, 0.0, 255.0)); }
};

void set_unused(TensorRange& range) {
  const Asymmetric codes(range);
  const int used = codes.code(static_cast<double>(range.max)) - codes.code(static_cast<double>(range.min)) + 1;
  range.unused_codes_percent = range.unused_codes_tensor_percent = percent(256 - used, 256);
}

double symmetric_unused(double min, double max) {
  const double scale = std::max(std::fabs(min), std::fabs(max)) / 127;
  if (!(scale > 0)) return percent(254, 255);
  return percent(255 - (std::nearbyint(max / scale) - std::nearbyint(min / scale) + 1), 255);
}

}  // namespace

void measure_values(TensorRange& range, std::span<const float> values, const std::vector<double>& sigmas) {
  add_sigmas(range, sigmas, [&](double low, double high) {
    return static_cast<double>(std::count_if(values.begin(), values.end(),
                                             [&](float x) { return static_cast<double>(x) < low || static_cast<double>(x) > high; }));
  });
  range.zero_percent = percent(static_cast<double>(std::count(values.begin(), values.end(), 0.0f)), static_cast<double>(values.size()));
  const double low = static_cast<double>(range.min), span = static_cast<double>(range.max) - low;
  RangeHistogram& histogram = range.histogram;
  histogram.low = low;
  histogram.width = span > 0 ? span / kHistogramBins : 1;
  histogram.counts.assign(span > 0 ? kHistogramBins : 1, 0);
  for (const float x : values) {
    const auto bin = static_cast<size_t>((static_cast<double>(x) - low) / histogram.width);
    ++histogram.counts[std::min(bin, histogram.counts.size() - 1)];
  }
}

void measure_histogram(TensorRange& range, const calibrate::Histogram& seen, const std::vector<double>& sigmas) {
  const auto bins = seen.bins();
  auto below = [&](double x) {  // elements below x, the bin of x in proportion
    double sum = 0;
    for (size_t i = 0; i < bins.size() && seen.edge(i) < x; ++i)
      sum += static_cast<double>(bins[i]) * std::min(1.0, (x - seen.edge(i)) / seen.width());
    return sum;
  };
  const double total = static_cast<double>(seen.total());
  add_sigmas(range, sigmas, [&](double low, double high) {
    const double under = low <= static_cast<double>(range.min) ? 0 : below(low);
    const double over = high >= static_cast<double>(range.max) ? 0 : total - below(high);
    return under + over;
  });
  range.zero_percent = percent(static_cast<double>(seen.zeros()), total);
  set_unused(range);
  const Asymmetric codes(range);
  std::array<bool, 256> hit{};
  for (size_t i = 0; i < bins.size(); ++i)
    if (bins[i] > 0) hit[static_cast<size_t>(codes.code(seen.centre(i)))] = true;
  for (int code = codes.code(static_cast<double>(range.min)); code <= codes.code(static_cast<double>(range.max)); ++code)
    range.empty_codes += hit[static_cast<size_t>(code)] ? 0 : 1;
  const size_t group = (bins.size() + kHistogramBins - 1) / kHistogramBins;
  range.histogram.low = seen.edge(0);
  range.histogram.width = seen.width() * static_cast<double>(group);
  range.histogram.counts.assign((bins.size() + group - 1) / group, 0);
  for (size_t i = 0; i < bins.size(); ++i) range.histogram.counts[i / group] += bins[i];
}

void measure_counts(TensorRange& range, std::span<const uint64_t> counts, const QuantSpec& spec, const std::vector<double>& sigmas) {
  const double scale = static_cast<double>(spec.scales.at(0));
  range.coded = true;
  range.scale = scale, range.zero_point = spec.zero_points.at(0);
  auto real = [&](size_t code) { return scale * (static_cast<double>(code) - range.zero_point); };
  size_t first = counts.size(), last = 0;
  double sum = 0, squares = 0;
  for (size_t code = 0; code < counts.size(); ++code) {
    if (counts[code] == 0) continue;
    first = std::min(first, code), last = code;
    range.count += static_cast<int64_t>(counts[code]);
    sum += static_cast<double>(counts[code]) * real(code);
  }
  range.mean = sum / static_cast<double>(range.count);
  for (size_t code = first; code <= last; ++code) {
    const double d = real(code) - range.mean;
    squares += static_cast<double>(counts[code]) * d * d;
    range.empty_codes += counts[code] == 0 ? 1 : 0;
  }
  range.sigma = std::sqrt(squares / static_cast<double>(range.count));
  range.min = static_cast<float>(real(first)), range.max = static_cast<float>(real(last));
  range.code_min = static_cast<int>(first), range.code_max = static_cast<int>(last);
  range.unused_codes_percent = range.unused_codes_tensor_percent = percent(256 - static_cast<double>(last - first + 1), 256);
  const auto zero = static_cast<size_t>(std::clamp(range.zero_point, 0, 255));
  const double total = static_cast<double>(range.count);
  range.zero_percent = percent(static_cast<double>(counts[zero]), total);
  range.saturated_percent = percent(static_cast<double>((zero == 0 ? 0 : counts[0]) + (zero == 255 ? 0 : counts[255])), total);
  add_sigmas(range, sigmas, [&](double low, double high) {
    double outside = 0;
    for (size_t code = first; code <= last; ++code)
      outside += real(code) < low || real(code) > high ? static_cast<double>(counts[code]) : 0;
    return outside;
  });
  range.histogram = {
      real(first) - scale / 2, scale, {counts.begin() + static_cast<ptrdiff_t>(first), counts.begin() + static_cast<ptrdiff_t>(last) + 1}};
}

void measure_weight_codes(TensorRange& range, std::span<const float> values, const calibrate::ChannelLayout& layout) {
  const double min = static_cast<double>(range.min), max = static_cast<double>(range.max);
  range.unused_codes_tensor_percent = range.unused_codes_percent = symmetric_unused(min, max);
  if (layout.channels > 1 && !range.channels.empty()) {
    double sum = 0;
    for (const ChannelRange& c : range.channels) sum += symmetric_unused(static_cast<double>(c.min), static_cast<double>(c.max));
    range.unused_codes_percent = sum / static_cast<double>(range.channels.size());
  }
  const double scale = std::max(std::fabs(min), std::fabs(max)) / 127;
  if (!(scale > 0)) return;
  std::array<bool, 256> hit{};
  for (const float x : values) hit[static_cast<size_t>(std::nearbyint(static_cast<double>(x) / scale) + 127)] = true;
  for (auto code = static_cast<int>(std::nearbyint(min / scale)); code <= static_cast<int>(std::nearbyint(max / scale)); ++code)
    range.empty_codes += hit[static_cast<size_t>(code + 127)] ? 0 : 1;
}

void set_codes(TensorRange& range, const Tensor& codes, const QuantSpec& spec) {
  range.coded = true;
  range.scale = static_cast<double>(spec.scales.at(0)), range.zero_point = spec.zero_points.at(0);
  dispatch(codes.dtype(), [&](auto kind) {
    const auto all = codes.span<decltype(kind)>();
    const auto [low, high] = std::minmax_element(all.begin(), all.end());
    range.code_min = static_cast<int>(*low), range.code_max = static_cast<int>(*high);
    int64_t ends = 0;
    for (const auto code : all) ends += static_cast<int64_t>(code) <= spec.qmin || static_cast<int64_t>(code) >= spec.qmax ? 1 : 0;
    range.saturated_percent = percent(static_cast<double>(ends), static_cast<double>(all.size()));
  });
}

void find_dwarfing(TensorRange& range) {
  std::vector<double> magnitudes;
  for (const ChannelRange& channel : range.channels)
    if (channel.magnitude() > 0) magnitudes.push_back(channel.magnitude());
  range.dead_channels = static_cast<int64_t>(range.channels.size() - magnitudes.size());
  if (magnitudes.empty()) return;
  const auto middle = magnitudes.begin() + static_cast<ptrdiff_t>((magnitudes.size() - 1) / 2);
  std::nth_element(magnitudes.begin(), middle, magnitudes.end());
  const double median = *middle;
  for (size_t c = 0; c < range.channels.size(); ++c)
    if (const double ratio = range.channels[c].magnitude() / median; ratio >= kDwarfingRatio)
      range.dwarfing.push_back({static_cast<int64_t>(c), ratio});
  std::stable_sort(range.dwarfing.begin(), range.dwarfing.end(), [](const auto& a, const auto& b) { return a.ratio > b.ratio; });
}

}  // namespace galet::analysis
