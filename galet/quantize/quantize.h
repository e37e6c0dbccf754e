// Quantization: puts QuantSpecs on the values of a float graph and turns its weights into codes. The scheme "int8" is the one of
// docs/arithmetic.md.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "galet/core/remark.h"
#include "galet/ir/graph.h"

namespace galet::quantize {

enum class Mode : uint8_t {
  fixed,    // "static": activations' ranges from calibration, integers from end to end
  dynamic,  // convolutions and linear layers only; each image finds its own ranges
};
enum class WeightRange : uint8_t {
  min_max,  // scale = max|w| / (2^(bits-1) - 1) per output channel
  mse,      // the scale, between that and half of it (below 8 bits: a fifth), with the least squared error
};

struct QuantizeOptions {
  Mode mode = Mode::fixed;
  WeightRange weights = WeightRange::min_max;
  int weight_bits = 8;                  // 2 to 8: codes -(2^(bits-1) - 1) .. 2^(bits-1) - 1, stored as bytes whatever their number
  bool per_channel = true;              // weights: a scale per output channel, or one for all
  bool share_concat = true;             // operands and result of a concat get one spec, so that it only places bytes
  bool float_outputs = false;           // results that only float nodes and the caller read stay float instead of becoming codes
  std::vector<std::string> keep_float;  // names of nodes that stay float
};

struct Quantization {
  Remarks remarks;  // one per node that stays float (with the reason), and per channel scale that had to grow
  int integer_nodes = 0;
  int float_nodes = 0;
  int interior_dequantizes = 0;  // float nodes that read codes and on which an integer node depends: float islands
  int64_t weight_bytes = 0;      // codes and biases
};

/// Values whose Stats `quantize` reads in Mode::fixed: give them to CalibrationOptions::values.
std::vector<ValueId> values_to_calibrate(const Graph& graph, const QuantizeOptions& options = {});

/// Throws Error when statistics are missing (calibrate first), when the graph is quantized already, for weight_bits outside of 2 to 8, or
/// for a name in keep_float that no node has. Metadata "scheme" = "int8" and "mode" = "static" | "dynamic" are set.
Quantization quantize(Graph& graph, const QuantizeOptions& options = {});

/// "static" | "dynamic"; parse throws Error listing them.
std::string_view to_string(Mode mode);
Mode parse_mode(std::string_view text);
/// "min_max" | "mse"
std::string_view to_string(WeightRange range);
WeightRange parse_weight_range(std::string_view text);

}  // namespace galet::quantize
