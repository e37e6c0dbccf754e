// One pass of images through a network, and what was seen of each value: the only place that walks over activations. Calibration takes its
// ranges from it, analysis its tables.
#pragma once

#include <cstdint>
#include <vector>

#include "galet/calibrate/histogram.h"
#include "galet/calibrate/moments.h"
#include "galet/core/progress.h"
#include "galet/ir/graph.h"

namespace galet::data {
class Dataset;
}

namespace galet::calibrate {

struct CollectOptions {
  std::vector<ValueId> values;  // which; empty: every value that is f32 in the logical network and no constant
  int64_t samples = 512;        // images, drawn without replacement; all of them where there are fewer
  uint64_t seed = 1;
  int threads = 0;         // 0: one per processor; results do not depend on it
  bool histograms = true;  // of real values
  bool channels = false;   // moments along axis 1 too (the last of a matrix)
};

/// What was seen of one value. Real values have moments, coded ones (u8, with a static spec) counts.
struct Seen {
  ValueId value;
  Moments moments;  // count 0: the value was never seen, or is coded
  Histogram histogram;
  std::vector<Moments> channels;  // empty where there is no such axis
  std::vector<uint64_t> codes;    // (256) how often each code came
};

struct Collection {
  std::vector<int64_t> samples;  // indices into the data set, ascending
  std::vector<Seen> values;
};

/// Memory does not depend on the number of images. Throws Error for a network that has not one input, no images, or a value that is not
/// finite (naming value and image).
Collection collect(const Graph& graph, const data::Dataset& dataset, const CollectOptions& options, Progress& progress = no_progress());

/// Axis 1, or the last one of a matrix; one channel where there is none. `nhwc`: how it lies in memory.
ChannelLayout channels_of(const Shape& shape, bool nhwc);

}  // namespace galet::calibrate
