// The range whose quantized distribution loses least information (Kullback-Leibler divergence), after Migacz, "8-bit inference with
// TensorRT" (GTC 2017): P is the distribution with everything outside of the range moved into the outermost bins; Q has the mass of each of
// the 256 codes, taken inside the range only, spread evenly over that code's non-empty bins. There for |x| with one threshold, here for
// both ends of an asymmetric range. Exact zeros are left out: they cost nothing.
#include <algorithm>
#include <cmath>
#include <vector>

#include "galet/calibrate/range_search.h"

namespace galet::calibrate {
namespace {

// Divergence of bins [first, last) out of all, grouped into 256 codes.
double divergence(const std::vector<double>& bins, size_t first, size_t last) {
  constexpr size_t kCodes = 256;
  const size_t n = last - first;
  double inside = 0, below = 0, above = 0;
  for (size_t i = 0; i < bins.size(); ++i) (i < first ? below : i >= last ? above : inside) += bins[i];
  const double total = inside + below + above;
  if (inside <= 0) return INFINITY;
  double sum = 0;
  for (size_t code = 0; code < std::min(kCodes, n); ++code) {
    const size_t from = first + n * code / std::min(kCodes, n), to = first + n * (code + 1) / std::min(kCodes, n);
    double mass = 0;
    int used = 0;
    for (size_t i = from; i < to; ++i) {
      mass += bins[i];
      used += bins[i] > 0 ? 1 : 0;
    }
    for (size_t i = from; i < to; ++i) {
      double p = bins[i];
      if (i == first) p += below;
      if (i + 1 == last) p += above;
      if (p <= 0) continue;
      const double q =
          bins[i] > 0 ? mass / used : 1e-3 * total / static_cast<double>(n);  // an empty edge bin that outliers were moved into
      sum += p * std::log((p / total) / (q / inside));
    }
  }
  return sum / total;
}

Range range(const Summary& summary, double) {
  const Histogram& histogram = *summary.histogram;
  std::vector<double> bins;
  for (const uint64_t count : histogram.bins()) bins.push_back(static_cast<double>(count));
  if (histogram.zero_bin() < bins.size()) bins[histogram.zero_bin()] -= static_cast<double>(histogram.zeros());
  if (*std::max_element(bins.begin(), bins.end()) <= 0) return {summary.min, summary.max};
  const double origin = histogram.edge(0), width = histogram.width(), n = static_cast<double>(bins.size());
  return search_range(summary, 1.0 / 16, [&](double low, double high) {
    const double first = std::clamp(std::floor((low - origin) / width), 0.0, n - 1),
                 last = std::clamp(std::ceil((high - origin) / width), first + 1, n);
    return divergence(bins, static_cast<size_t>(first), static_cast<size_t>(last));
  });
}

}  // namespace

ObserverRule kl_observer() {
  return {.name = "kl", .about = "least loss of information (Kullback-Leibler)", .needs_histogram = true, .range = range};
}

}  // namespace galet::calibrate
