// Where a curve that was flat begins to fall.
#pragma once

#include <string>
#include <vector>

#include "galet/evaluate/study.h"

namespace galet::evaluate {

struct Knee {
  std::string series;
  double flat = 0;  // the largest value up to which no point loses more than `tolerance`
  double bend = 0;  // the point farthest above the line from the curve's first point to its last (Satopaa et al. 2011, "Finding a kneedle
                    // in a haystack")
  double tolerance = 0;
};

/// One for each series of a sweep over rising values; of top-1 where there are labels, else of agreement with the float network.
/// `tolerance`: a share of the images. Series of fewer than three points have none, nor have sweeps by layer.
std::vector<Knee> knees(const Sweep& sweep, double tolerance = 0.01);

/// "global: within 1 point of the whole network up to 0.3; bends at 0.5"
std::string to_text(const Knee& knee);

}  // namespace galet::evaluate
