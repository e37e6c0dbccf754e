// Which nodes compute in integers, and which of their values are stored as codes: decided from the graph alone, before any statistics.
#pragma once

#include <string>
#include <vector>

#include "galet/quantize/quantize.h"

namespace galet::quantize {

struct Regions {
  struct NodeChoice {
    NodeId node;
    bool integer = false;
    std::string reason;  // why not
  };
  std::vector<NodeChoice> nodes;  // in order of computation
  std::vector<ValueId> coded;     // f32 values, constants other than weights and biases included, that get a u8 spec; in the graph's order
  std::vector<ValueId> weighted_sources;  // first operands of integer weighted nodes, each once
};

/// An integer node is one whose operator has an integer form for these operands and whose precision is worth less than its speed: functions
/// of one element, products and offsets by constants that come after the last weighted layer (box decoding, sigmoid of scores) stay float,
/// and so does putting heads together, each of which keeps its own scale. Where boxes are found (decode_*,
/// select_detections), the last weighted layers give their sums as real numbers instead of codes.
/// Throws Error for a name in options.keep_float that no node has.
Regions find_regions(const Graph& graph, const QuantizeOptions& options);

}  // namespace galet::quantize
