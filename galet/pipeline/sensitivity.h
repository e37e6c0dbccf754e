// Which layers bear few bits: each is quantized alone, the rest of the network staying float.
#pragma once

#include <functional>

#include "galet/evaluate/study.h"
#include "galet/pipeline/quantize_model.h"

namespace galet::pipeline {

struct SensitivityOptions {
  QuantizeRecipe recipe;
  std::vector<int> bits{8, 4, 2};  // of the layer's weights; what it reads has 8
  int64_t limit = 0;               // images evaluated, spread evenly; 0: all
  int threads = 0;
};

/// For every convolution, linear layer and constant matrix product that can be an integer one, and every bit width: the network with that
/// layer's weights rounded to so many bits and what it reads to 8, its result and all else float. `known` and `keep`: as in sweep(); points
/// of other bit widths are kept. Throws Error for a network without such layers, or bits outside of 2 to 8.
evaluate::Sensitivity sensitivity(const Graph& graph, const data::Dataset& calibration, const data::Dataset& evaluation,
                                  const SensitivityOptions& options, evaluate::Sensitivity known,
                                  const std::function<void(const evaluate::Sensitivity&)>& keep, Progress& progress = no_progress());

}  // namespace galet::pipeline
