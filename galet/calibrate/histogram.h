// A histogram in fixed memory over a range that is not known beforehand. Bins are [i * width, (i + 1) * width) with a width that is a power
// of two, so when a value leaves the covered range the width doubles and bins merge in pairs exactly: the result does not depend on the
// order of the values nor on how they were split.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace galet::calibrate {

class Histogram {
 public:
  static constexpr int kBins = 4096;

  /// Counts finite values, all of them within [min, max] (the caller has just taken the minimum and maximum).
  void add(std::span<const float> values, float min, float max);
  void merge(const Histogram& other);

  bool empty() const { return total_ == 0; }
  uint64_t total() const { return total_; }
  /// Width of a bin: a power of two; at least half of the bins lie within the range of the values seen, unless all are equal.
  double width() const { return width_; }
  /// Left edge of bin i.
  double edge(int i) const { return (static_cast<double>(first_) + i) * width_; }
  double centre(int i) const { return (static_cast<double>(first_) + i + 0.5) * width_; }
  std::span<const uint64_t> bins() const { return counts_; }

 private:
  void cover(double min, double max);
  void rebin(double width, int64_t first);

  double width_ = 0;             // 0: nothing seen yet
  int64_t first_ = 0;            // bin 0 begins at first_ * width_
  int64_t low_ = 0, high_ = -1;  // bins in use, in units of width_ from zero
  uint64_t total_ = 0;
  std::vector<uint64_t> counts_;
};

}  // namespace galet::calibrate
