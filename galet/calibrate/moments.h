// Count, extremes, mean and variance of values, in one pass and mergeable.
#pragma once

#include <cstdint>
#include <span>

namespace galet::calibrate {

struct Moments {
  int64_t count = 0;
  float min = 0, max = 0;
  double mean = 0, m2 = 0;  // m2: sum of squared deviations from the mean
  bool finite = true;       // false when a NaN or an infinity was among them; the rest is then meaningless

  double sigma() const;
  /// Chan, Golub, LeVeque (1979): exact up to rounding; merge in a fixed order for fixed bits.
  void merge(const Moments& other);
};

Moments moments_of(std::span<const float> values);

}  // namespace galet::calibrate
