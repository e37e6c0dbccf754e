// What this machine can do at most, measured: the yardstick of `galet bench --layers`.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "galet/core/isa.h"

namespace galet::analysis {

/// One level of the memory hierarchy, read by all threads at once.
struct Bandwidth {
  std::string level;  // "L1", "L2", "L3", "DRAM"
  int64_t bytes = 0;  // read over and over by each thread
  double gb_per_s = 0;
};

/// Sums over `threads` threads that work at the same time; the clock is one thread's.
struct MachinePeaks {
  int threads = 1;
  Isa isa = Isa::reference;
  double clock_ghz = 0;
  double dot_i8_gmac_per_s = 0;  // by the instruction that `isa`'s integer kernels use
  double fma_f32_gmac_per_s = 0;
  std::string dot_i8, fma_f32;   // the probes that ran
  std::vector<Bandwidth> reads;  // by rising size
};

struct MachineOptions {
  std::vector<int> threads{1};
  Isa isa = active_isa();
  double seconds = 0.04;  // for each figure: the best of the short slices that fit is taken
};

/// One entry a thread count. About 0.4 s each with the default options. Throws Error for a thread count below 1.
std::vector<MachinePeaks> measure_machine(const MachineOptions& options);

/// A glance at how fast the machine is right now, for benchmarks that other work may disturb: a few milliseconds.
struct SpeedProbe {
  double clock_ghz = 0, fma_f32_gmac_per_s = 0;  // the slowest thread's clock, the sum of rates
};
SpeedProbe probe_speed(int threads);

}  // namespace galet::analysis
