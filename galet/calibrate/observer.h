// Observers: from what was seen of a value to the range that its codes shall cover. The list lies in observers.inc.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "galet/calibrate/histogram.h"

namespace galet::calibrate {

/// The real values that the lowest and the highest code stand for.
struct Range {
  float min = 0, max = 0;
};

/// All that was seen of one value over the calibration images.
struct Summary {
  int64_t count = 0;
  float min = 0, max = 0;
  double mean = 0, sigma = 0;            // sigma: population standard deviation
  const Histogram* histogram = nullptr;  // null unless the observer's needs_histogram
};

struct ObserverRule {
  std::string_view name;
  std::string_view about;  // one line for --help
  bool needs_histogram = false;
  bool has_parameter = false;  // written "name:parameter"
  double parameter = 0;        // its default
  double parameter_min = 0, parameter_max = 0;
  /// The chosen range, within [summary.min, summary.max].
  Range (*range)(const Summary& summary, double parameter) = nullptr;
};

/// An observer with its parameter set.
struct Observer {
  const ObserverRule* rule = nullptr;
  double parameter = 0;
  Range range(const Summary& summary) const { return rule->range(summary, parameter); }
  /// "percentile:99.99"; parse_observer(text()) gives the same observer.
  std::string text() const;
};

/// All rules in list order.
std::span<const ObserverRule> observer_rules();
/// "min_max", "percentile:99.99", "n_sigma:2.5", "mse", "kl"; a parameter left out takes its default. Throws Error, listing the names, for
/// anything else.
Observer parse_observer(std::string_view text);

}  // namespace galet::calibrate
