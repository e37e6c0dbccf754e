// What a network costs, from the graph alone: parameters, multiply-accumulates, bytes.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "galet/ir/graph.h"

namespace galet::analysis {

struct LayerCost {
  std::string name, op;
  Shape src, dst;                // first operand, first result
  int64_t parameters = 0;        // elements of constants, each counted where it is first read
  int64_t macs = 0;              // for one image
  int64_t weight_bytes = 0;      // of those constants as they are stored
  int64_t activation_bytes = 0;  // of the results
  std::string precision;         // "f32", "u8i8", ...: storage of first operand and weight
};

struct Cost {
  int64_t parameters = 0, macs = 0, weight_bytes = 0;
  int64_t largest_activation_bytes = 0;  // operands and results of one node
  std::vector<LayerCost> layers;         // in order of computation
};

Cost cost(const Graph& graph);

}  // namespace galet::analysis
