#include "galet/calibrate/histogram.h"

#include <algorithm>
#include <cmath>

namespace galet::calibrate {
namespace {

constexpr int kBlock = 512;

int64_t index_of(double x, double width) { return static_cast<int64_t>(std::floor(x / width)); }

// index[i] = floor(x[i] / width) - first; the inverse of a power of two is exact, and so is the product.
void bin_indices(const float* x, int n, float inverse, int32_t first, int32_t* index) {
  for (int i = 0; i < n; ++i) {
    const float y = x[i] * inverse;
    const int32_t t = static_cast<int32_t>(y);
    index[i] = t - (static_cast<float>(t) > y ? 1 : 0) - first;
  }
}

}  // namespace

// The smallest width that a range allows depends on the range alone and grows with it, so no order of arrival ends with another width.
void Histogram::cover(float min, float max) {
  if (width_ > 0) {
    min = std::min(min, min_);
    max = std::max(max, max_);
  }
  const double magnitude = std::max({std::fabs(double{min}), std::fabs(double{max}), 0x1p-100});
  double width = std::max(width_, std::ldexp(1.0, std::ilogb(magnitude) - 20));  // indices stay below 2^21: exact in binary32
  while (index_of(max, width) - index_of(min, width) >= kBins) width *= 2;
  const int64_t low = index_of(min, width), high = index_of(max, width);
  if (width != width_ || low < first_ || high >= first_ + kBins) rebin(width, low - (kBins - (high - low + 1)) / 2);
  low_ = low;
  high_ = high;
  min_ = min;
  max_ = max;
}

void Histogram::rebin(double width, int64_t first) {
  std::vector<uint64_t> merged(kBins, 0);
  const int shift = counts_.empty() ? 0 : std::ilogb(width / width_);
  for (int i = 0; i < static_cast<int>(counts_.size()); ++i)
    if (counts_[static_cast<size_t>(i)] != 0)
      merged[static_cast<size_t>(((first_ + i) >> shift) - first)] += counts_[static_cast<size_t>(i)];
  counts_ = std::move(merged);
  width_ = width;
  first_ = first;
}

void Histogram::add(std::span<const float> values, float min, float max) {
  if (values.empty()) return;
  cover(min, max);
  const float inverse = static_cast<float>(1.0 / width_);
  const int32_t first = static_cast<int32_t>(first_);
  int32_t index[kBlock];
  uint32_t partial[2][kBins];  // two tables, so that runs of equal values do not wait for each other's stores
  const size_t from = static_cast<size_t>(index_of(min, width_) - first_), to = static_cast<size_t>(index_of(max, width_) - first_) + 1;
  for (auto& table : partial) std::fill(table + from, table + to, 0u);
  for (size_t at = 0; at < values.size(); at += kBlock) {
    const int n = static_cast<int>(std::min<size_t>(kBlock, values.size() - at));
    const float* x = values.data() + at;
    bin_indices(x, n, inverse, first, index);
    int zeros = 0;
    for (int i = 0; i < n; ++i) zeros += x[i] == 0.0f ? 1 : 0;
    zeros_ += static_cast<uint64_t>(zeros);
    int i = 0;
    for (; i + 1 < n; i += 2) {
      ++partial[0][index[i]];
      ++partial[1][index[i + 1]];
    }
    if (i < n) ++partial[0][index[i]];
  }
  for (size_t i = from; i < to; ++i) counts_[i] += uint64_t{partial[0][i]} + partial[1][i];
  total_ += values.size();
}

void Histogram::merge(const Histogram& other) {
  if (other.empty()) return;
  cover(other.min_, other.max_);
  const int shift = std::ilogb(width_ / other.width_);
  for (int i = 0; i < kBins; ++i) {
    const uint64_t n = other.counts_[static_cast<size_t>(i)];
    if (n != 0) counts_[static_cast<size_t>(((other.first_ + i) >> shift) - first_)] += n;
  }
  total_ += other.total_;
  zeros_ += other.zeros_;
}

}  // namespace galet::calibrate
