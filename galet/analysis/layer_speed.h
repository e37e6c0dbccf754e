// How fast each step of a plan ran, against what the machine can do.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "galet/analysis/machine.h"
#include "galet/core/remark.h"
#include "galet/ir/graph.h"
#include "galet/runtime/session.h"

namespace galet::analysis {

struct LayerSpeed {
  std::string name, kernel;
  std::string kind;               // "conv 1x1", "depthwise 3x3", "mul", ...
  double ms = 0, fastest_ms = 0;  // mean and fastest call; rates are the fastest call's
  double share = 0;               // of the sum of fastest calls
  int64_t macs = 0, bytes = 0;    // bytes: read and written, weights included
  double gmac_per_s = 0, gb_per_s = 0;
  double peak_percent = 0;    // of the machine's multiply-accumulates of that type; 0 for steps without any
  double roof_percent = 0;    // of what its arithmetic and its bytes allow at best, whichever takes longer
  bool memory_bound = false;  // its bytes take longer than its arithmetic, at the machine's peaks
  std::string note;           // why it is not faster, or why no better kernel ran
};

/// The steps of one kind, summed.
struct KindSpeed {
  std::string kind;
  int64_t steps = 0, macs = 0, bytes = 0;
  double fastest_ms = 0, share = 0, gmac_per_s = 0, gb_per_s = 0, peak_percent = 0, roof_percent = 0;
};

struct SpeedReport {
  std::vector<LayerSpeed> layers;  // in order of computation
  std::vector<KindSpeed> kinds;    // longest first
  double fastest_ms = 0;           // sum over the steps
};

/// `timings` and `remarks` of a profiled session of `graph`; `peaks` with its threads.
SpeedReport layer_speeds(const Graph& graph, std::span<const runtime::StepTiming> timings, const Remarks& remarks,
                         const MachinePeaks& peaks);

}  // namespace galet::analysis
