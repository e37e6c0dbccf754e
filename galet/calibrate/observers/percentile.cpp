// At most 100 - p percent of the values are clipped at either end. Linear within a bin of the histogram, so exact to a bin; exact zeros
// stay at zero.
#include <algorithm>

#include "galet/calibrate/observer.h"

namespace galet::calibrate {
namespace {

// The value below which `target` values lie.
double quantile(const Histogram& histogram, double target) {
  const auto bins = histogram.bins();
  double below = 0;
  for (size_t i = 0; i < bins.size(); ++i) {
    double here = static_cast<double>(bins[i]);
    if (i == histogram.zero_bin()) {  // the bin begins with zero: its zeros come first
      const double zeros = static_cast<double>(histogram.zeros());
      if (zeros > 0 && below + zeros >= target) return 0;
      below += zeros;
      here -= zeros;
    }
    if (here > 0 && below + here >= target) return histogram.edge(i) + histogram.width() * std::max(0.0, target - below) / here;
    below += here;
  }
  return histogram.edge(bins.size());
}

Range range(const Summary& summary, double p) {
  const double total = static_cast<double>(summary.histogram->total()), tail = total * (100.0 - p) / 100.0;
  const double low = quantile(*summary.histogram, tail), high = quantile(*summary.histogram, total - tail);
  return {static_cast<float>(std::clamp(low, double{summary.min}, double{summary.max})),
          static_cast<float>(std::clamp(high, double{summary.min}, double{summary.max}))};
}

}  // namespace

ObserverRule percentile_observer() {
  return {.name = "percentile",
          .about = "all but the outermost 100 - p percent at either end",
          .needs_histogram = true,
          .has_parameter = true,
          .parameter = 99.999,
          .parameter_min = 50,
          .parameter_max = 100,
          .range = range};
}

}  // namespace galet::calibrate
