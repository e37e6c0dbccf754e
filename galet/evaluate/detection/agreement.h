// How far what two forms of a detector find lies apart: what SQNR is for a classifier's values, in boxes.
#pragma once

#include <span>
#include <vector>

#include "galet/evaluate/detection/average_precision.h"

namespace galet::evaluate {

struct ImageAgreement {
  int64_t image = 0;
  int64_t pairs = 0, lost = 0, gained = 0;
  double share = 1;  // sum of the pairs' IoU over pairs + lost + gained; 1 where nothing is found by either
};

struct DetectionAgreement {
  float min_score = 0;
  int64_t pairs = 0, lost = 0, gained = 0;
  double mean_iou = 1;                 // of the pairs; 1 without any
  CocoResult as_truth;                 // average precision of the second, what the first finds being taken for the objects
  std::vector<ImageAgreement> images;  // in the order given
};

/// What the first finds with at least `min_score` is paired, best score first, with the second's box of its class that it overlaps most, if
/// the IoU is 0.5 or more and the second's score at least half of `min_score` (so that a score which moves over the bar is no loss). What
/// stays alone is lost; of the second, with at least `min_score` and no partner in the first with half of it: gained. Same images in the
/// same order; labels of 0 .. classes - 1. Throws Error otherwise.
DetectionAgreement agreement(std::span<const ImageDetections> first, std::span<const ImageDetections> second, int classes,
                             float min_score = 0.3f);

}  // namespace galet::evaluate
