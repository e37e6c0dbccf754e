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
  /// Exact zeros among them: they have a code of their own in every quantization.
  uint64_t zeros() const { return zeros_; }
  /// Width of a bin: a power of two.
  double width() const { return width_; }
  /// The bins from that of the smallest to that of the largest value seen; more than kBins / 2 of them unless the values are few units in
  /// the last place apart.
  std::span<const uint64_t> bins() const {
    return empty() ? std::span<const uint64_t>()
                   : std::span(counts_).subspan(static_cast<size_t>(low_ - first_), static_cast<size_t>(high_ - low_ + 1));
  }
  /// Left edge and centre of bins()[i].
  double edge(size_t i) const { return static_cast<double>(low_ + static_cast<int64_t>(i)) * width_; }
  double centre(size_t i) const { return (static_cast<double>(low_ + static_cast<int64_t>(i)) + 0.5) * width_; }
  /// The bin that holds zero; bins().size() or more when none does.
  size_t zero_bin() const { return low_ <= 0 ? static_cast<size_t>(-low_) : bins().size(); }

 private:
  void cover(float min, float max);
  void rebin(double width, int64_t first);

  double width_ = 0;             // 0: nothing seen yet
  int64_t first_ = 0;            // counts_[0] begins at first_ * width_
  int64_t low_ = 0, high_ = -1;  // bins in use, in units of width_ from zero
  float min_ = 0, max_ = 0;      // of what was seen
  uint64_t total_ = 0, zeros_ = 0;
  std::vector<uint64_t> counts_;
};

}  // namespace galet::calibrate
