// [mean - n sigma, mean + n sigma], intersected with the range seen: behind a ReLU the lower end would otherwise spend up to half of the
// codes on values that never come.
#include <algorithm>

#include "galet/calibrate/observer.h"

namespace galet::calibrate {
namespace {

Range range(const Summary& summary, double n) {
  const double low = summary.mean - n * summary.sigma, high = summary.mean + n * summary.sigma;
  return {static_cast<float>(std::max(low, double{summary.min})), static_cast<float>(std::min(high, double{summary.max}))};
}

}  // namespace

ObserverRule n_sigma_observer() {
  return {.name = "n_sigma",
          .about = "mean +- n standard deviations, within the values seen",
          .has_parameter = true,
          .parameter = 6,
          .parameter_min = 1e-3,
          .parameter_max = 1e6,
          .range = range};
}

}  // namespace galet::calibrate
