// The range with the least mean squared error of quantizing to 256 codes, measured on the histogram: every bin counts with its centre.
// Exact zeros cost nothing.
#include <algorithm>
#include <cmath>
#include <vector>

#include "galet/calibrate/range_search.h"

namespace galet::calibrate {
namespace {

struct Bin {
  double centre, count;
};

double squared_error(const std::vector<Bin>& bins, double low, double high) {
  const double scale = (high - low) / 255;
  if (!(scale > 0)) return INFINITY;
  const double inverse = 1 / scale, zero_point = std::nearbyint(-low * inverse);
  double sum = 0;
  for (const Bin& bin : bins) {
    const double code = std::clamp(static_cast<double>(static_cast<int64_t>(bin.centre * inverse + zero_point + 0.5)), 0.0, 255.0);
    const double error = bin.centre - scale * (code - zero_point);
    sum += bin.count * error * error;
  }
  return sum;
}

Range range(const Summary& summary, double) {
  const Histogram& histogram = *summary.histogram;
  std::vector<Bin> bins;
  for (size_t i = 0; i < histogram.bins().size(); ++i) {
    const uint64_t count = histogram.bins()[i] - (i == histogram.zero_bin() ? histogram.zeros() : 0);
    if (count > 0) bins.push_back({histogram.centre(i), static_cast<double>(count)});
  }
  if (bins.empty()) return {summary.min, summary.max};
  return search_range(summary, 1.0 / 64, [&](double low, double high) { return squared_error(bins, low, high); });
}

}  // namespace

ObserverRule mse_observer() { return {.name = "mse", .about = "least mean squared error", .needs_histogram = true, .range = range}; }

}  // namespace galet::calibrate
