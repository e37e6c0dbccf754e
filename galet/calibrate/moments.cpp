#include "galet/calibrate/moments.h"

#include <algorithm>
#include <cmath>

namespace galet::calibrate {

double Moments::sigma() const { return count > 0 ? std::sqrt(m2 / static_cast<double>(count)) : 0; }

void Moments::merge(const Moments& other) {
  if (other.count == 0) return;
  if (count == 0) {
    *this = other;
    return;
  }
  const double n = static_cast<double>(count), m = static_cast<double>(other.count), delta = other.mean - mean;
  mean += delta * (m / (n + m));
  m2 += other.m2 + delta * delta * (n * m / (n + m));
  count += other.count;
  min = std::min(min, other.min);
  max = std::max(max, other.max);
  finite = finite && other.finite;
}

// Sums of x and x^2 in binary64 in eight lanes, of deviations from the first value so that a large common offset cancels nothing.
Moments moments_of(std::span<const float> values) {
  constexpr size_t kLanes = 8;
  if (values.empty()) return {};
  const double origin = double{values[0]};
  double sum[kLanes] = {}, squares[kLanes] = {};
  float low[kLanes], high[kLanes];
  std::fill_n(low, kLanes, values[0]);
  std::fill_n(high, kLanes, values[0]);
  const size_t whole = values.size() / kLanes * kLanes;
  for (size_t at = 0; at < whole; at += kLanes)
    for (size_t j = 0; j < kLanes; ++j) {
      const float x = values[at + j];
      const double d = double{x} - origin;
      sum[j] += d;
      squares[j] += d * d;
      low[j] = x < low[j] ? x : low[j];
      high[j] = x > high[j] ? x : high[j];
    }
  for (size_t at = whole; at < values.size(); ++at) {
    const double d = double{values[at]} - origin;
    sum[0] += d;
    squares[0] += d * d;
    low[0] = std::min(low[0], values[at]);
    high[0] = std::max(high[0], values[at]);
  }
  for (size_t step = kLanes / 2; step > 0; step /= 2)
    for (size_t j = 0; j < step; ++j) {
      sum[j] += sum[j + step];
      squares[j] += squares[j + step];
    }
  Moments moments;
  moments.count = static_cast<int64_t>(values.size());
  moments.min = *std::min_element(low, low + kLanes);
  moments.max = *std::max_element(high, high + kLanes);
  const double mean = sum[0] / static_cast<double>(moments.count);
  moments.mean = origin + mean;
  moments.m2 = std::max(0.0, squares[0] - mean * sum[0]);
  moments.finite = std::isfinite(sum[0]) && std::isfinite(squares[0]);
  return moments;
}

}  // namespace galet::calibrate
