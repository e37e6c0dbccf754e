// How far one graph's values lie from another's, layer by layer: usually integer against float.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "galet/core/progress.h"
#include "galet/ir/graph.h"

namespace galet::data {
class Dataset;
}

namespace galet::analysis {

struct CompareOptions {
  int64_t images = 32;  // spread evenly over the data set; 0: all
  int threads = 0;
};

struct LayerError {
  std::string name;       // of the value, equal in both graphs
  std::string op;         // that makes it in the second graph; "input" for inputs
  double sqnr_db = 0;     // 10 log10(sum a^2 / sum (a - b)^2); infinite where all are equal
  double max_error = 0;   // largest |a - b|
  double mean_error = 0;  // mean of b - a
};

struct Comparison {
  int64_t images = 0;
  std::optional<double>
      agreement;  // fraction of images whose highest score has the same index; only for networks whose first output is one vector of scores
  std::vector<LayerError> layers;  // worst first
};

/// Values are matched by name; those that only one graph has are left out. Throws Error when the graphs' inputs differ or no value matches.
Comparison compare(const Graph& a, const Graph& b, const data::Dataset& dataset, const CompareOptions& options = {},
                   Progress& progress = no_progress());

}  // namespace galet::analysis
