// Where a network's numbers lie: weights, inputs and activations, with what n-sigma clipping would cut and what 8 bits would waste.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "galet/core/progress.h"
#include "galet/ir/graph.h"

namespace galet::data {
class Dataset;
}

namespace galet::analysis {

enum class RangeKind : uint8_t { weight, bias, input, activation };
/// "weight" | "bias" | "input" | "activation"
std::string_view to_string(RangeKind kind);

/// [mean - n sigma, mean + n sigma], intersected with the values seen.
struct SigmaRange {
  double n = 0;
  double low = 0, high = 0;
  double outside_percent = 0;  // of the elements: outside of mean +- n sigma. Weights: exact. Activations: exact to the bins of the
                               // histogram in which the two ends lie (each at most 1/2048 of the range seen)
  int wasted_codes = 0;        // of the 256 that mean +- n sigma *without* the intersection would spend on values never seen
};

/// Counts of values in equal bins: of weights over [min, max], of activations over a slightly wider range.
struct RangeHistogram {
  double low = 0, width = 0;  // bin i is [low + i width, low + (i + 1) width)
  std::vector<uint64_t> counts;
};

struct ChannelRange {
  float min = 0, max = 0;
  double mean = 0, sigma = 0;
  double magnitude() const;  // max(|min|, |max|)
};

/// A channel whose magnitude is at least kDwarfingRatio times the median of the channels that are not all zero.
struct DwarfingChannel {
  int64_t channel = 0;
  double ratio = 0;
};
inline constexpr double kDwarfingRatio = 4;  // two of eight bits lost by the others where all share one scale

struct TensorRange {
  std::string name;   // of the value, "conv1.weight"
  std::string layer;  // node that makes it (activation) or reads it (weight, bias); "" for an input
  std::string op;     // of that node; "input"
  RangeKind kind = RangeKind::activation;
  Shape shape;
  int64_t count = 0;  // values seen: elements, times images for activations
  float min = 0, max = 0;
  double mean = 0, sigma = 0;  // population standard deviation
  double zero_percent = 0;     // exact zeros
  std::vector<SigmaRange> sigmas;
  /// Of the codes that 8-bit quantization over [min, max] has (weights: symmetric, 255 of them, a scale per output channel where the
  /// operator has such an axis; activations: 256, asymmetric, zero always representable), the percentage beyond the code of the smallest
  /// and that of the largest value; of per-channel scales, the mean over channels.
  double unused_codes_percent = 0;
  /// The same with one scale for the whole tensor; for activations the same number.
  double unused_codes_tensor_percent = 0;
  /// Codes between those two on which no value falls, one scale for the whole tensor. Activations: to a bin of the histogram.
  int empty_codes = 0;
  /// Along the output channels of a weight, axis 1 of an activation (the last of a matrix); empty where there is no such axis or it is 1.
  std::vector<ChannelRange> channels;
  std::vector<DwarfingChannel> dwarfing;  // largest ratio first
  int64_t dead_channels = 0;              // all zero
  RangeHistogram histogram;
  // Of a value that is stored as codes (an integer network): min .. histogram are of the real values its codes stand for, and
  bool coded = false;
  int code_min = 0, code_max = 0;  // smallest and largest code seen
  double scale = 0;                // the first of the scales
  int zero_point = 0;
  double saturated_percent = 0;  // on the lowest or highest code of its spec (a clamp of a fused relu does not count)
};

/// Bytes that a network's constants take, scales not counted (one float per output channel, `scales` of them).
struct Footprint {
  int64_t weights = 0, biases = 0;  // elements
  int64_t scales = 0;
  int64_t weight_bytes(int bits) const { return (weights * bits + 7) / 8; }  // 32, 8, 4, 2
  int64_t bias_bytes() const { return biases * 4; }                          // float or int32 alike
};

struct RangesOptions {
  std::vector<double> sigmas{1, 2, 3};
  int64_t samples = 512;  // images, drawn without replacement; all of them where there are fewer
  uint64_t seed = 1;
  int threads = 0;
};

struct Ranges {
  std::vector<TensorRange> tensors;  // weights and biases in the order in which layers read them, then inputs and activations in order of
                                     // computation
  Footprint footprint;
  int64_t images = 0;  // 0: no data set, weights only
  std::string data;    // its description
  uint64_t seed = 0;
  double seconds = 0;
};

/// One pass over the images, memory independent of their number. `dataset` may be null: weights only. Throws Error for a network without
/// weights where there is no data set either, for a weight or activation that is not finite, and for a sigma that is not above 0.
Ranges ranges(const Graph& graph, const data::Dataset* dataset, const RangesOptions& options = {}, Progress& progress = no_progress());

}  // namespace galet::analysis
