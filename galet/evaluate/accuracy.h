// Accuracy of a classifier over a labelled data set.
#pragma once

#include <cstdint>
#include <optional>

#include "galet/core/isa.h"
#include "galet/core/progress.h"
#include "galet/core/tensor.h"
#include "galet/ir/graph.h"

namespace galet::data {
class Dataset;
}

namespace galet::evaluate {

enum class Keep : uint8_t {
  nothing,
  outputs,  // real values, f32
  codes,    // the integers, where the output carries a QuantSpec
};

struct AccuracyOptions {
  int threads = 0;    // 0: one per processor; images are shared over them, results do not depend on it
  int64_t limit = 0;  // first images only, in the data set's order; 0: all
  Keep keep = Keep::nothing;
  std::optional<Isa> isa;
  bool reference = false;  // run the operators' references instead of the kernels
};

struct Accuracy {
  int64_t images = 0;
  bool labelled = false;  // counts below are meaningful
  int64_t top1_correct = 0, top5_correct = 0;
  double top1 = 0, top5 = 0;  // fractions
  double seconds = 0, images_per_second = 0;
  Tensor outputs;  // first output of every image, in order: (images, ...); undefined unless kept
};

/// Equal scores rank by index. Throws Error when the network does not give scores (n, classes, 1...) or has fewer than the data set's
/// labels.
Accuracy accuracy(const Graph& graph, const data::Dataset& dataset, const AccuracyOptions& options = {},
                  Progress& progress = no_progress());

}  // namespace galet::evaluate
