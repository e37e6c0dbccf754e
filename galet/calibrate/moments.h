// Count, extremes, mean and variance of values, in one pass and mergeable.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

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

/// Where the channels of a dense tensor lie: element (o, c, i) at (o * channels + c) * inner + i.
struct ChannelLayout {
  int64_t outer = 1, channels = 1, inner = 1;
};
/// One a channel.
std::vector<Moments> moments_by_channel(std::span<const float> values, const ChannelLayout& layout);

}  // namespace galet::calibrate
