// Reads a model file of any kind, with its preprocessing.
#pragma once

#include <string>
#include <vector>

#include "galet/core/remark.h"
#include "galet/ir/graph.h"

namespace galet::pipeline {

/// What a user says about a model file that does not say it itself; empty or zero fields were not given.
struct ModelFlags {
  int resize = 0;
  std::string crop;              // "224" or "224x192" (height x width)
  std::vector<float> mean, std;  // three, or one for all channels
  std::string order;
  bool letterbox = false;
  std::string detections;                 // transform::parse_detection_heads: which outputs are boxes and scores
  std::vector<std::string> input_shapes;  // "NAME=1x3x320x320", for extents that an ONNX file leaves open
  bool preprocessing_given() const { return resize != 0 || !crop.empty() || !mean.empty() || !std.empty() || !order.empty() || letterbox; }
};

struct LoadedModel {
  Graph graph;
  Remarks remarks;
  std::vector<std::string> notes;  // one line each, for stderr: what was assumed
  bool package = false;            // it came from a .galet file
};

/// A .galet package or an ONNX file (told apart by content). Preprocessing of an ONNX file comes from, first found: `flags`, a sidecar
/// MODEL.yaml beside MODEL.onnx (keys resize, crop, letterbox, mean, std, order, labels, detections), the file's own metadata, and else is
/// assumed (stretched to the network's size, RGB/255, ImageNet mean and deviation; a note says so). Throws Error for unreadable files, and
/// for flags on a .galet file that contradict what it carries.
LoadedModel load_model(const std::string& path, const ModelFlags& flags = {});

/// Simplifies what was imported. A quantized package is left as it is: it was simplified when it was made, with the passes that were wanted
/// then; a float one (galet import) still has every parameter as its source names it.
void make_ready(LoadedModel& model);

/// Overrides the fields that were given. Throws Error for malformed or absurd values.
Preprocessing apply(const ModelFlags& flags, Preprocessing base);

}  // namespace galet::pipeline
