// Numpy broadcasting as the kernels know it: rows of the larger operand, each meeting a row or an element of the smaller one.
#pragma once

#include <optional>

#include "galet/core/tensor.h"
#include "galet/kernels/elementwise_i8/elementwise.h"

namespace galet::runtime {

struct RowBroadcast {
  int64_t rows = 1, cols = 1;
  kernels::Broadcast broadcast;
};

/// How `other` (aligned at its end) spreads over `shape`, both in memory order: extents of `other` that agree, then ones, then again such
/// that agree. Empty where it is not of that form, or where `other` would enlarge `shape`.
std::optional<RowBroadcast> row_broadcast(const Shape& shape, const Shape& other);

}  // namespace galet::runtime
