// The part of ONNX's Slice that turns what a file says into what the operator `slice` takes.
#pragma once

#include <cstdint>

namespace galet::ops {

struct SliceRange {
  int64_t start, end;
};

/// Negative numbers count from the end, then both are clamped: for step > 0 to 0..extent, for step < 0 start to 0..extent-1 and end to
/// -1..extent-1
/// (-1: up to and including element 0). An extent of 0 gives {0, 0}. step must not be 0.
SliceRange normalise_slice(int64_t extent, int64_t start, int64_t end, int64_t step);

}  // namespace galet::ops
