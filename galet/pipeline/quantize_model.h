// The steps from a float network to an integer one, in their order.
#pragma once

#include <memory>

#include "galet/calibrate/calibrate.h"
#include "galet/core/progress.h"
#include "galet/data/dataset.h"
#include "galet/ir/graph.h"
#include "galet/quantize/correct_bias.h"
#include "galet/quantize/quantize.h"

namespace galet::pipeline {

struct QuantizeRecipe {
  calibrate::CalibrationOptions calibration;
  quantize::QuantizeOptions quantization;
  bool equalize_channels = false;
  std::string clip_weights;  // observer by whose range weights are clipped first, "n_sigma:2.5"; empty: they are not
  bool correct_bias = false;
  std::vector<std::string> without;  // names of transforms to leave out
};

struct QuantizedModel {
  Graph graph;
  quantize::Quantization quantization;
  calibrate::Calibration calibration;  // zero in dynamic mode
  Remarks remarks;                     // of all steps, in order
};

/// simplify, [equalize_channels], [clip_weights], calibrate, quantize, [correct_bias]. `dataset` may be null in dynamic mode. Class names
/// of the data set become the labels of a model that has none. Throws Error as the steps do, and when static quantization gets no data set.
QuantizedModel quantize_model(const Graph& graph, const data::Dataset* dataset, const QuantizeRecipe& recipe,
                              Progress& progress = no_progress());

}  // namespace galet::pipeline
