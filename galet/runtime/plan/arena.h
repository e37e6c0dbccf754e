// Places for buffers that live at different times.
#pragma once

#include <cstddef>
#include <vector>

namespace galet::runtime {

/// Alive from step `first` to step `last`, both included.
struct Lifetime {
  size_t bytes = 0;
  int first = 0, last = 0;
};

struct Placement {
  std::vector<size_t> offsets;  // multiples of 64
  size_t bytes = 0;
};

/// Best fit, largest first: each buffer goes into the smallest gap between those alive at the same time (Pisarchyk and Lee, "Efficient
/// Memory Management for Deep Neural Net Inference", 2020). Deterministic.
Placement place(const std::vector<Lifetime>& lifetimes);

}  // namespace galet::runtime
