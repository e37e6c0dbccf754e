// A quantized layer's equation with its numbers: scales and where they came from, the multiplier as float and as integers, the recursion
// back to the input, and one accumulator worked through from a real image.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "galet/ir/graph.h"

namespace galet::data {
class Dataset;
}

namespace galet::analysis {

/// m as an integer fraction: multiplier / 2^shift with 2^30 <= multiplier < 2^31, rounded to nearest, halves to even.
struct FixedPoint {
  int32_t multiplier = 0;
  int shift = 0;
};
/// Of a positive, finite m.
FixedPoint fixed_point(double m);

/// Where the range of an activation came from.
struct ScaleOrigin {
  std::string observer;  // "mse", ...; "" when the file does not say (a network that came quantized)
  double seen_min = 0, seen_max = 0, clip_min = 0, clip_max = 0;  // over the calibration images; what the observer chose
  std::string samples, seed;                                      // of the calibration, as the file says
  std::vector<std::string> adjustments;                           // what moved the scale away from the observer's choice
};

struct ScaleFact {
  std::string value;  // name
  double scale = 0;   // 0: the value is no code but real
  int32_t zero_point = 0;
  std::optional<ScaleOrigin> origin;  // none where the file has no statistics of the value
};

/// One node of the way from the input that changes the scale: M = s_src * s_weight / s_dst.
struct ChainLink {
  std::string layer;
  std::string op;
  int64_t channel = 0;                                    // whose weight scale it is
  double src_scale = 0, weight_scale = 0, dst_scale = 0;  // weight_scale 1 for nodes without weights; dst_scale 1 for a real result
  double weight_scale_min = 0, weight_scale_max = 0;      // over the channels
  double m = 0;
};

struct Product {
  int64_t src_index = 0, weight_index = 0;  // flat, logical layout; src_index -1: in the padding, which counts as zero
  int32_t src_code = 0, weight_code = 0;
};

/// One result of the layer, by hand.
struct Worked {
  std::string image;
  int64_t channel = 0, y = 0, x = 0;
  int64_t dst_index = 0;
  std::vector<Product> products;
  int64_t sum = 0;  // of (src - z_src) * weight
  int64_t bias = 0, accumulator = 0;
  float scaled = 0;              // float(accumulator) * m
  int32_t code = 0;              // clamp(rhe(scaled) + z_dst, lo, hi), then the nearest level
  int32_t runtime_code = 0;      // what the runtime computed
  int32_t fixed_point_code = 0;  // with multiplier and shift, halves away from zero, instead of the float m
  float runtime_real = 0;        // of a real result: what the runtime computed; code .. fixed_point_code are 0
};

/// The operands and the result of the layer for that image, as they are stored.
struct LayerCodes {
  Tensor src, weight, bias, dst;  // u8; i8; i32 or undefined; u8, or f32 where the result is real
};

struct Explanation {
  std::string layer, op;
  std::string equation;
  ScaleFact src, dst;
  std::string weight;                            // name
  std::string weight_origin;                     // how its scales were chosen, as the file says
  std::vector<float> weight_scales;              // per output channel
  std::vector<float> m;                          // per output channel, in float as docs/arithmetic.md says
  std::vector<FixedPoint> fixed;                 // the same as integers
  int64_t channel = 0;                           // the one that is worked through
  int32_t lo = 0, hi = 255;                      // narrowed by a fused activation
  std::vector<int32_t> levels;                   // of a codebook result: the codes in use, the nearest of which is taken; else empty
  std::string activation;                        // "none", "relu", "clip"
  std::vector<std::string> network_adjustments;  // equalized channels, clipped weights, corrected biases
  std::vector<ChainLink> chain;                  // from the input, this layer last
  std::string chain_begin;                       // value at which it begins
  double chain_product = 0;                      // product of the chain's M
  double telescoped = 0;                         // s_begin * product of s_weight / s_dst: the same number
  std::optional<Worked> worked;
  LayerCodes codes;  // with a worked image
};

struct ExplainOptions {
  int64_t channel = 0;     // output channel
  int64_t y = -1, x = -1;  // position; -1: where the channel's largest code below its limit lies
  int64_t image = 0;       // index in the data set
};

/// `layer`: name of a convolution, linear layer or matrix product that runs on integers, or of its result or weight. `dataset` may be null:
/// then nothing is worked through. Throws Error for a layer that is none of these, listing those that are, and for a network or layer that
/// is not quantized or finds its scales at run time.
Explanation explain(const Graph& graph, const std::string& layer, const data::Dataset* dataset, const ExplainOptions& options = {});

}  // namespace galet::analysis
