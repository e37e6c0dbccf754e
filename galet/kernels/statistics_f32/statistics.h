// Sums over floats that calibration wants of every activation: moments of columns, and counts by bins. Both are memory's speed where the
// tensor is still in the cache.
#pragma once

#include <cstdint>

namespace galet::kernels {

/// Items: rows of `cols`, in order. Adds to each column's sums, of deviations from `origin`, in binary64 without fused multiply-add, row by
/// row: the same bits on every instruction set and for every cut into pieces that keeps the order. A NaN among the values makes its
/// column's sums NaN; an infinity makes them infinite or NaN.
struct MomentsF32Args {
  const float* src;  // (rows, cols)
  int64_t cols;
  const float* origin;  // (cols)
  double* sum;          // (cols)
  double* squares;      // (cols)
  float* min;           // (cols)
  float* max;           // (cols)
};
using MomentsF32Fn = void(const MomentsF32Args& args, int64_t begin, int64_t end) noexcept;

/// Items: elements. Adds 1 to counts[t * bins + floor(x * inverse) - first] for any t of 0..3: the tables' sum is the count, and runs of
/// equal values need not wait for each other's stores. `zeros` is raised by the number of exact zeros. Every index must lie in [0, bins),
/// |x * inverse| below 2^24.
struct HistogramF32Args {
  const float* src;
  float inverse;     // of a bin's width: a power of two
  int32_t first;     // index of the bin that table entry 0 stands for
  int64_t bins;      // of a table
  uint32_t* counts;  // (4, bins)
  int64_t* zeros;
};
using HistogramF32Fn = void(const HistogramF32Args& args, int64_t begin, int64_t end) noexcept;

}  // namespace galet::kernels
