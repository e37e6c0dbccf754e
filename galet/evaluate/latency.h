// Time of one image, and memory.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "galet/core/isa.h"
#include "galet/ir/graph.h"
#include "galet/runtime/session.h"

namespace galet::evaluate {

struct LatencyOptions {
  int threads = 1;
  std::optional<Isa> isa;
  double warmup_seconds = 0.2;
  double seconds = 1.0;  // measured time, at least
  int64_t runs = 20;     // runs, at least
  bool layers = false;   // timings per step, in a separate pass
  int64_t images = 1;    // given to each run at once (networks of batch 1)
  bool pixels = false;   // the image is given as 8-bit pixels (runtime::SessionOptions::pixels)
};

struct Latency {
  int threads = 1;
  std::string isa;
  int64_t runs = 0;
  double median_ms = 0, p5_ms = 0, p95_ms = 0;  // of one run of `images`
  double plan_ms = 0;                           // from graph to ready session
  int64_t arena_bytes = 0, weight_bytes = 0;
  std::vector<runtime::StepTiming> layers;
  Remarks remarks;  // of the plan, with `layers`
};

/// Runs fixed pseudo-random images until both `seconds` and `runs` are reached.
Latency latency(Graph graph, const LatencyOptions& options = {});

/// Highest resident size of this process so far; 0 where the system does not say.
int64_t peak_memory_bytes();

}  // namespace galet::evaluate
