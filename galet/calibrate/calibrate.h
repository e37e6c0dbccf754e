// Calibration: runs images through the float graph once and puts Stats on its values. Memory does not depend on the number of images.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "galet/core/progress.h"
#include "galet/ir/graph.h"

namespace galet::data {
class Dataset;
}

namespace galet::calibrate {

/// The observer used where nobody names one (docs/results.md, "Observers", says why).
inline constexpr std::string_view kDefaultObserver = "mse";

struct CalibrationOptions {
  std::string observer{kDefaultObserver};
  int64_t samples = 512;  // images, drawn without replacement; all of them where the data set has fewer
  uint64_t seed = 1;
  int threads = 0;              // 0: one per processor; results do not depend on it
  std::vector<ValueId> values;  // whose statistics are wanted; empty: every float value that is no constant
};

struct Calibration {
  int64_t images = 0;
  int64_t values = 0;    // values that got Stats
  std::string observer;  // as written into the graph
  double seconds = 0;
};

struct Collection;  // calibrate/collect.h

/// Sets Stats with options.observer's ranges, calibration_samples and metadata from what one pass saw, so that several observers can be
/// asked in turn. `graph` is the collected one or a copy of it. Throws Error for an unknown observer, or one that wants histograms where
/// there are none.
Calibration choose_ranges(Graph& graph, const Collection& collection, const data::Dataset& dataset, const CalibrationOptions& options);

/// collect() and choose_ranges(). Sets Stats on the wanted values, graph.info.calibration_samples (names, in order) and the metadata
/// "observer", "calibration.samples" and "calibration.seed". Throws Error for an unknown observer, an empty data set, or a value that is
/// not finite (naming value and image).
Calibration calibrate(Graph& graph, const data::Dataset& dataset, const CalibrationOptions& options = {},
                      Progress& progress = no_progress());

}  // namespace galet::calibrate
