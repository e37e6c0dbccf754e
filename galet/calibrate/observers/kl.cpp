// The range whose quantized distribution loses least information (Kullback-Leibler divergence), after Migacz, "8-bit inference with
// TensorRT" (GTC 2017): P is the distribution with everything outside of the range moved into the outermost bins; Q has the mass of each of
// the 256 codes, taken inside the range only, spread evenly over that code's non-empty bins. There for |x| with one threshold, here for
// both ends of an asymmetric range. Exact zeros are left out: they cost nothing. With running sums of p, p log p and non-empty bins a range
// costs 256 steps, however many bins there are.
#include <algorithm>
#include <cmath>
#include <vector>

#include "galet/calibrate/range_search.h"

namespace galet::calibrate {
namespace {

double p_log_p(double p) { return p > 0 ? p * std::log(p) : 0; }

class Divergence {
 public:
  explicit Divergence(const Histogram& histogram)
      : origin_(histogram.edge(0)), width_(histogram.width()), sums_(histogram.bins().size() + 1) {
    for (size_t i = 0; i + 1 < sums_.size(); ++i) {
      const double p = static_cast<double>(histogram.bins()[i] - (i == histogram.zero_bin() ? histogram.zeros() : 0));
      sums_[i + 1] = {sums_[i].p + p, sums_[i].log + p_log_p(p), sums_[i].used + (p > 0 ? 1 : 0)};
    }
  }

  double total() const { return sums_.back().p; }

  double operator()(double low, double high) const {
    const double n = static_cast<double>(sums_.size() - 1);
    const double first = std::clamp(std::floor((low - origin_) / width_), 0.0, n - 1);
    return of_bins(static_cast<size_t>(first), static_cast<size_t>(std::clamp(std::ceil((high - origin_) / width_), first + 1, n)));
  }

 private:
  struct Sums {
    double p = 0, log = 0, used = 0;
  };

  double of_bins(size_t first, size_t last) const {
    const size_t n = last - first, codes = std::min<size_t>(256, n);
    const double inside = sums_[last].p - sums_[first].p;
    if (inside <= 0) return INFINITY;
    double sum = 0;  // of p log(p / q), q still to be divided by `inside`
    for (size_t code = 0; code < codes; ++code) {
      const Sums &a = sums_[first + n * code / codes], &b = sums_[first + n * (code + 1) / codes];
      if (b.used > a.used) sum += (b.log - a.log) - (b.p - a.p) * std::log((b.p - a.p) / (b.used - a.used));
    }
    sum += moved(first, n, codes, 0, sums_[first].p) + moved(first, n, codes, codes - 1, total() - sums_[last].p);
    return sum / total() + std::log(inside / total());
  }

  // What moving the outliers into an outermost bin, the first or the last, adds.
  double moved(size_t first, size_t n, size_t codes, size_t code, double outliers) const {
    if (outliers <= 0) return 0;
    const size_t bin = code == 0 ? first : first + n - 1;
    const double p = sums_[bin + 1].p - sums_[bin].p;
    const Sums &a = sums_[first + n * code / codes], &b = sums_[first + n * (code + 1) / codes];
    // An empty bin has no mass in Q; a thousandth of the mean stands for it.
    const double q = p > 0 ? (b.p - a.p) / (b.used - a.used) : 1e-3 * total() / static_cast<double>(n);
    return p_log_p(p + outliers) - p_log_p(p) - outliers * std::log(q);
  }

  double origin_, width_;
  std::vector<Sums> sums_;  // of the bins before i
};

Range range(const Summary& summary, double) {
  const Divergence divergence(*summary.histogram);
  if (divergence.total() <= 0) return {summary.min, summary.max};
  return search_range(summary, 1.0 / 16, [&](double low, double high) { return divergence(low, high); });
}

}  // namespace

ObserverRule kl_observer() {
  return {.name = "kl", .about = "least loss of information (Kullback-Leibler)", .needs_histogram = true, .range = range};
}

}  // namespace galet::calibrate
