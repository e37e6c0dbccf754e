// The range with the least mean squared error of quantizing to 256 codes, measured on the histogram: every bin counts with its centre.
// Exact zeros cost nothing. A code's error is sum n (x - c)^2 = sum n x^2 - 2 c sum n x + c^2 sum n over its bins, so with running sums a
// range costs 256 steps, however many bins there are.
#include <algorithm>
#include <cmath>
#include <vector>

#include "galet/calibrate/range_search.h"

namespace galet::calibrate {
namespace {

class SquaredError {
 public:
  explicit SquaredError(const Histogram& histogram)
      : origin_(histogram.edge(0)), width_(histogram.width()), sums_(histogram.bins().size() + 1) {
    for (size_t i = 0; i + 1 < sums_.size(); ++i) {
      const uint64_t count = histogram.bins()[i] - (i == histogram.zero_bin() ? histogram.zeros() : 0);
      const double n = static_cast<double>(count), x = histogram.centre(i);
      sums_[i + 1] = {sums_[i].n + n, sums_[i].nx + n * x, sums_[i].nxx + n * x * x};
    }
  }

  double total() const { return sums_.back().n; }

  double operator()(double low, double high) const {
    const double scale = (high - low) / 255;
    if (!(scale > 0)) return INFINITY;
    const double zero_point = std::nearbyint(-low / scale);
    double error = 0;
    size_t first = 0;
    for (int code = 0; code < 256; ++code) {
      const double real = scale * (code - zero_point);
      const size_t last = code == 255 ? sums_.size() - 1 : std::max(first, bin_from(real + scale / 2));
      const Sums &a = sums_[first], &b = sums_[last];
      error += (b.nxx - a.nxx) - 2 * real * (b.nx - a.nx) + real * real * (b.n - a.n);
      first = last;
    }
    return error;
  }

 private:
  struct Sums {
    double n = 0, nx = 0, nxx = 0;
  };

  // The first bin whose centre is at or above x.
  size_t bin_from(double x) const {
    return static_cast<size_t>(std::clamp(std::ceil((x - origin_) / width_ - 0.5), 0.0, static_cast<double>(sums_.size() - 1)));
  }

  double origin_, width_;
  std::vector<Sums> sums_;  // of the bins before i
};

Range range(const Summary& summary, double) {
  const SquaredError error(*summary.histogram);
  if (error.total() <= 0) return {summary.min, summary.max};
  return search_range(summary, 1.0 / 64, [&](double low, double high) { return error(low, high); });
}

}  // namespace

ObserverRule mse_observer() { return {.name = "mse", .about = "least mean squared error", .needs_histogram = true, .range = range}; }

}  // namespace galet::calibrate
