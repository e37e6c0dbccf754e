// How the facts on its operands and results make a node compute: on codes, in float, or from float to codes and back.
#pragma once

#include <string>

#include "galet/ir/graph.h"

namespace galet::runtime {

enum class Computation : uint8_t {
  real,              // operands dequantized, float reference, result quantized where it has a spec
  weighted,          // u8 x i8 -> u8
  weighted_real,     // u8 x i8 -> float: the result has no spec
  weighted_dynamic,  // src quantized at run time, image by image; x i8 -> float
  add,               // add, sub
  mul,
  concat,
  average,        // average_pool, global_average_pool, reduce_mean over h and w
  linear_resize,  // linear, cubic
  table,          // 256 entries
  movement,       // codes are moved
};

struct Choice {
  Computation computation = Computation::real;
  std::string reason;        // where it is real although the operator knows integers: why
  bool fixed_point = false;  // how codes are requantized (SessionOptions::fixed_point)
};

/// Decides from facts alone: every executor follows it, so that all agree on the arithmetic.
Choice choose_computation(const Graph& graph, NodeId node);

/// Axis of output channels of a weighted node's weight: conv2d, linear 0, conv_transpose2d 1, matmul the last.
int weight_channel_axis(const Node& node, const Shape& weight);

}  // namespace galet::runtime
