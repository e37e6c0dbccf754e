// Runs a detector over images.
#pragma once

#include <optional>
#include <string>
#include <utility>

#include "galet/core/isa.h"
#include "galet/core/preprocessing.h"
#include "galet/core/progress.h"
#include "galet/core/tensor.h"
#include "galet/evaluate/detection/average_precision.h"
#include "galet/ir/graph.h"

namespace galet::evaluate {

/// Whether the network's only output holds detections: f32 (1, k, 6) of select_detections or decode_centers, or of that shape and called
/// "detections" (what an exported file keeps of them).
bool is_detector(const Graph& graph);

/// Rows (left, top, right, bottom, score, class) in pixels of the network's input, to boxes in pixels of a width x height image, cut to it.
/// Rows whose score is 0 or less, or below `min_score`, or whose box lies outside, are none. Throws Error for a class that is no whole
/// number >= 0.
std::vector<Detection> read_detections(const Tensor& rows, const Preprocessing& preprocessing, int width, int height, const Shape& input,
                                       float min_score = 0);

struct DetectOptions {
  int threads = 0;    // 0: one per processor; images are shared over them, results do not depend on it
  int64_t limit = 0;  // first images only; 0: all
  float min_score = 0;
  std::optional<Isa> isa;
  bool reference = false;
};

struct Detections {
  std::vector<ImageDetections> images;     // in the data set's order
  std::vector<std::pair<int, int>> sizes;  // width and height
  double seconds = 0, images_per_second = 0;
};

/// Throws Error where the network is no detector or the data set holds no images.
Detections detect(const Graph& graph, const data::Dataset& dataset, const DetectOptions& options = {}, Progress& progress = no_progress());

/// Labels of a network whose classes are called `names`, to those of the data set, by name; what the data set knows no class for is
/// dropped. Nothing changes where either has no names. Throws Error where they have no name in common.
void relabel(Detections& found, const std::vector<std::string>& names, const data::Dataset& dataset);

}  // namespace galet::evaluate
