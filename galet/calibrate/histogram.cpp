#include "galet/calibrate/histogram.h"

#include <algorithm>
#include <cmath>

#include "galet/core/isa.h"
#include "galet/kernels/kernel.h"
#include "galet/kernels/statistics_f32/statistics.h"

namespace galet::calibrate {
namespace {

constexpr int kTables = 4;

int64_t index_of(double x, double width) { return static_cast<int64_t>(std::floor(x / width)); }

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
  uint32_t partial[kTables][kBins];
  const size_t from = static_cast<size_t>(index_of(min, width_) - first_), to = static_cast<size_t>(index_of(max, width_) - first_) + 1;
  for (auto& table : partial) std::fill(table + from, table + to, 0u);
  int64_t zeros = 0;
  static const auto& row = kernels::select<kernels::HistogramF32Fn>(active_isa());
  row.run({values.data(), static_cast<float>(1.0 / width_), static_cast<int32_t>(first_), kBins, partial[0], &zeros}, 0,
          static_cast<int64_t>(values.size()));
  zeros_ += static_cast<uint64_t>(zeros);
  for (size_t i = from; i < to; ++i) counts_[i] += uint64_t{partial[0][i]} + partial[1][i] + partial[2][i] + partial[3][i];
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
