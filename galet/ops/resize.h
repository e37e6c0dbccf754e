// Resampling as weighted sums, one axis after the other.
#pragma once

#include "galet/ir/op.h"

namespace galet::ops {

/// How one axis of a resize computes its destination positions: dst[y] = sum over k < taps of weight[y * taps + k] * src[index[y * taps +
/// k]].
struct ResizeAxis {
  int64_t taps = 1;
  std::vector<int64_t> index;  // within the source; positions beyond its ends are clamped to them
  std::vector<double> weight;  // sum to 1 for each position
  std::vector<bool> outside;   // positions that take the attribute `extrapolation` instead; empty when there are none
  bool identity = false;       // dst[y] = src[y]
};

/// From the attributes of a call that the shape rule has accepted.
ResizeAxis resize_axis(const OpCall& call, size_t axis);

}  // namespace galet::ops
