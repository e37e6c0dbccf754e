// How far scales and accuracy move with the number and the choice of calibration images: the network is calibrated again and again.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "galet/pipeline/quantize_model.h"

namespace galet::pipeline {

struct CalibrationSensitivityOptions {
  QuantizeRecipe recipe;                                  // observer, seed and threads are taken from its calibration
  std::vector<int64_t> samples{8, 16, 32, 64, 128, 256};  // numbers of images; those beyond the data set's size are left out
  int draws = 3;                                          // seeds for each number: seed, seed + 1, ...
  int64_t limit = 1000;                                   // images to evaluate on; 0: all
};

/// One calibration against the reference, the largest number of images with the first seed.
struct CalibrationDraw {
  int64_t samples = 0;
  uint64_t seed = 0;
  double mean_change = 0, max_change = 0;  // |scale / reference - 1| over the activations' scales
  std::string worst;                       // value with the largest
  std::optional<double> top1;              // fraction; none without images to evaluate on
};

struct CalibrationSensitivity {
  std::vector<CalibrationDraw> draws;  // by number of images, then by seed; the reference last
  std::optional<double> float_top1;
  /// The least number of images from which on all draws have scales within 5 % of the reference on average; 0: none.
  int64_t enough = 0;
};

/// `test` may be null: scales only. Throws Error as quantize_model does, and where the network has no activations to calibrate.
CalibrationSensitivity calibration_sensitivity(const Graph& graph, const data::Dataset& dataset, const data::Dataset* test,
                                               const CalibrationSensitivityOptions& options, Progress& progress = no_progress());

}  // namespace galet::pipeline
