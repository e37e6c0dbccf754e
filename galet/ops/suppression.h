// Non-maximum suppression of the boxes of one class: the step that select_detections and non_max_suppression share.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "galet/core/box.h"

namespace galet::ops {

struct Kept {
  int64_t index;  // of the candidates
  float score;    // lowered by soft suppression
};

struct SuppressionRule {
  float score_threshold = 0, iou_threshold = 0.5f;
  float soft_sigma = 0;      // > 0: scores sink by exp(-iou^2 / sigma) instead (Bodla et al. 2017), and nothing is dropped for its overlap
  int64_t most = INT64_MAX;  // kept
  int64_t candidates = 0;    // so many of the highest scores take part; 0: all
};

/// Candidates with a score above the threshold, best first, without those that overlap a better one by more than the threshold. Of equal
/// scores the lower index is the better. The overlaps are ONNX Runtime's, to the bit (corners in any order; no overlap with an empty box).
/// NaN scores are none.
std::vector<Kept> suppress(std::span<const Box> boxes, std::span<const float> scores, const SuppressionRule& rule);

}  // namespace galet::ops
