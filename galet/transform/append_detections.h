// Post-processing for networks that end in boxes and scores.
#pragma once

#include <string>

#include "galet/ir/graph.h"

namespace galet::transform {

/// How two outputs become detections.
struct DetectionHeads {
  std::string boxes = "boxes";    // (1, n, 4) edges: left, top, right, bottom
  std::string scores = "scores";  // (1, n, classes)
  bool relative = false;          // boxes are fractions of the network's input, not pixels
  int64_t background = 0;         // so many first classes are no objects
  float score = 0.05f, iou = 0.5f;
  int64_t k = 100, candidates = 1000;
  std::string mode = "class";
};

/// "boxes=NAME,scores=NAME,relative=1,background=1,score=0.05,iou=0.5,k=100,candidates=1000,mode=class|agnostic|none", each part optional.
/// Throws Error for anything else.
DetectionHeads parse_detection_heads(const std::string& text);

/// The network's only output is then "detections" of select_detections. Throws Error where an output of such a name and shape is missing.
void append_detections(Graph& graph, const DetectionHeads& heads);

}  // namespace galet::transform
