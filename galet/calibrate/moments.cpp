#include "galet/calibrate/moments.h"

#include <algorithm>
#include <cmath>

#include "galet/core/isa.h"
#include "galet/kernels/kernel.h"
#include "galet/kernels/statistics_f32/statistics.h"

namespace galet::calibrate {
namespace {

constexpr int64_t kLanes = 32;  // sums side by side, whatever the instruction set: the same bits everywhere

/// Sums over the rows of a matrix, a column each; of deviations from the first row, so that a large common offset cancels nothing.
struct Columns {
  std::vector<float> origin, min, max;
  std::vector<double> sum, squares;
  int64_t rows;

  Columns(const float* src, int64_t count, int64_t cols)
      : origin(src, src + cols), min(origin), max(origin), sum(static_cast<size_t>(cols)), squares(static_cast<size_t>(cols)), rows(count) {
    static const auto& row = kernels::select<kernels::MomentsF32Fn>(active_isa());
    row.run({src, cols, origin.data(), sum.data(), squares.data(), min.data(), max.data()}, 0, rows);
  }

  Moments moments(size_t column) const {
    Moments m;
    m.count = rows;
    m.min = min[column], m.max = max[column];
    const double mean = sum[column] / static_cast<double>(rows);
    m.mean = static_cast<double>(origin[column]) + mean;
    m.m2 = std::max(0.0, squares[column] - mean * sum[column]);
    m.finite = std::isfinite(sum[column]) && std::isfinite(squares[column]);
    return m;
  }
};

}  // namespace

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

Moments moments_of(std::span<const float> values) {
  const auto n = static_cast<int64_t>(values.size()), rows = n / kLanes;
  Moments total;
  if (rows > 0) {
    const Columns lanes(values.data(), rows, kLanes);
    for (size_t j = 0; j < kLanes; ++j) total.merge(lanes.moments(j));
  }
  if (n % kLanes > 0) total.merge(Columns(values.data() + rows * kLanes, n % kLanes, 1).moments(0));
  return total;
}

std::vector<Moments> moments_by_channel(std::span<const float> values, const ChannelLayout& layout) {
  std::vector<Moments> channels(static_cast<size_t>(layout.channels));
  if (values.empty()) return channels;
  if (layout.inner == 1) {
    const Columns columns(values.data(), layout.outer, layout.channels);
    for (size_t c = 0; c < channels.size(); ++c) channels[c] = columns.moments(c);
    return channels;
  }
  const auto inner = static_cast<size_t>(layout.inner);
  for (int64_t o = 0; o < layout.outer; ++o)
    for (size_t c = 0; c < channels.size(); ++c)
      channels[c].merge(moments_of(values.subspan((static_cast<size_t>(o * layout.channels) + c) * inner, inner)));
  return channels;
}

}  // namespace galet::calibrate
