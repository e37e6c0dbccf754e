// A quantized layer's equation with its numbers: scales and where they came from, the multiplier as float and as integers, the recursion
// back to the input, and one accumulator worked through from a real image.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "galet/ir/graph.h"

namespace galet::analysis {

/// m as an integer fraction: multiplier / 2^shift, 2^30 <= multiplier < 2^31. Rounded to nearest, halves to even.
struct FixedPoint {
  int32_t multiplier = 0;
  int shift = 0;
};
FixedPoint fixed_point(double m);

/// Where the range of an activation came from.
struct ScaleOrigin {
  std::string observer;  // "mse", ...; "" when the file does not say (a network that came quantized)
  double seen_min = 0, seen_max = 0, clip_min = 0, clip_max = 0;  // over the calibration images; what the observer chose
  int64_t samples = 0;
  std::string seed;
  std::vector<std::string> adjustments;  // "shares its spec with ...", "whole range: an answer of the network", ...
};

struct ScaleFact {
  std::string value;  // name
  double scale = 0;
  int32_t zero_point = 0;
  std::optional<ScaleOrigin> origin;
};

/// One weighted layer of the way from the input: M = s_src * s_weight / s_dst (channel `channel`).
struct ChainLink {
  std::string layer;
  std::string op;
  double src_scale = 0, weight_scale = 0, dst_scale = 0;  // weight_scale 1 for layers without weights
  double m = 0;
};

struct Product {
  int64_t src_index = 0, weight_index = 0;  // flat, logical layout
  int32_t src_code = 0, weight_code = 0;
};

/// One result of the layer, by hand.
struct Worked {
  std::string image;
  int64_t channel = 0, y = 0, x = 0;
  std::vector<Product> products;  // in the order of the weight; taps in the padding have src_index -1 and the code of zero
  int64_t sum = 0;                // sum of (src - z_src) * weight
  int64_t bias = 0, accumulator = 0;
  float scaled = 0;              // float(accumulator) * m
  int32_t rounded = 0;           // to nearest, halves to even
  int32_t code = 0;              // clamped, plus zero point: by hand
  int32_t runtime_code = 0;      // what the runtime computed
  int32_t fixed_point_code = 0;  // with multiplier and shift instead of the float m
};

struct Explanation {
  std::string layer, op;
  std::string equation;  // "q_dst = clamp(rhe(acc * M) + z_dst, lo, hi)" with this layer's names
  ScaleFact src, dst;
  std::string weight;                   // name
  std::vector<float> weight_scales, m;  // per output channel
  std::vector<FixedPoint> fixed;        // per output channel
  int64_t channel = 0;                  // the one that is worked through
  int32_t lo = 0, hi = 255;             // narrowed by a fused activation
  std::string activation;               // "none", "relu", "clip"
  std::vector<ChainLink> chain;         // first layer first, this one last
  double end_to_end = 0;                // product of the chain's M = s_in * prod(s_weight) / s_dst where it is a chain of weighted layers
  std::optional<Worked> worked;
};

}  // namespace galet::analysis
