// Overlaps in double, as the evaluations compute them.
#pragma once

#include <algorithm>

#include "galet/core/box.h"

namespace galet::evaluate {

inline double box_area(const Box& b) { return (static_cast<double>(b.right) - b.left) * (static_cast<double>(b.bottom) - b.top); }

/// Intersection over union, or, of a crowd, over the detection's area.
inline double overlap_share(const Box& found, const Box& object, bool crowd) {
  const double w = static_cast<double>(std::min(found.right, object.right)) - std::max(found.left, object.left);
  const double h = static_cast<double>(std::min(found.bottom, object.bottom)) - std::max(found.top, object.top);
  if (w <= 0 || h <= 0) return 0;
  const double both = w * h;
  return both / (crowd ? box_area(found) : box_area(found) + box_area(object) - both);
}

}  // namespace galet::evaluate
