// Numpy broadcasting as the kernels know it: rows of the larger operand, each meeting a row or an element of the smaller one.
#pragma once

#include <optional>

#include "galet/core/tensor.h"
#include "galet/kernels/elementwise_i8/elementwise.h"

namespace galet::runtime {

/// The larger operand as (outer, repeated, inner), the smaller one as (outer, 1, inner).
struct Spread {
  int64_t outer = 1, repeated = 1, inner = 1;
};

/// How `other` (aligned at its end) spreads over `shape`, both in memory order: extents of `other` that agree, then ones, then again such
/// that agree. Empty where it is not of that form, or where `other` would enlarge `shape`.
std::optional<Spread> spread_of(const Shape& shape, const Shape& other);

struct RowBroadcast {
  int64_t rows = 1, cols = 1;
  kernels::Broadcast broadcast;
};

/// The same, cut into rows that are long enough for vectors and short enough to be shared by threads.
std::optional<RowBroadcast> row_broadcast(const Shape& shape, const Shape& other);

}  // namespace galet::runtime
