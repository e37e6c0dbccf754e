// Quantizers of weights and activations for training: arithmetic on plain arrays of floats, so that it is fast, exact and testable alone;
// galet/torch/tune gives it to autograd. What a quantizer computes is scale * (code - zero point) with codes that the integer network will
// hold: training and docs/arithmetic.md then differ by the rounding of float sums alone.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "galet/ir/facts.h"

namespace galet::torch::quantizers {

/// "lsq:2", "int8", "twn"; "float": not quantized.
struct Method {
  std::string name = "int";
  int bits = 8;
  bool is_float() const { return name == "float"; }
  auto operator<=>(const Method&) const = default;
};
std::string to_string(const Method& method);
/// Throws Error, listing the methods, for one that does not exist for weights (activations) or not with so many bits.
Method parse_weights(const std::string& text);
Method parse_activations(const std::string& text);
/// The method with other bits, as near as it knows.
Method with_bits(const Method& method, int bits, bool weights);

/// A weight as rows of output channels.
struct Weight {
  const float* data = nullptr;
  int64_t channels = 1, elements = 0;  // in all: channels * elements
  int64_t size() const { return channels * elements; }
};

class WeightQuantizer {
 public:
  virtual ~WeightQuantizer() = default;
  /// How many numbers gradients teach, and how many it moves by a rule of its own.
  virtual size_t learned() const { return 0; }
  virtual size_t kept() const { return 0; }
  virtual void start(const Weight&, float* /*learned*/, float* /*kept*/) const {}
  /// Before each step of training.
  virtual void update(const Weight&, float* /*kept*/) const {}
  /// codes[i] (integers), scales[channel]: the quantized weight is scale * code.
  virtual void quantize(const Weight&, const float* learned, const float* kept, float* codes, float* scales) const = 0;
  /// From the gradient of the quantized weight to those of the weight and of what is learned (added to). Straight through unless said
  /// otherwise.
  virtual void backward(const Weight&, const float* learned, const float* codes, const float* scales, const float* dst_gradient,
                        float* weight_gradient, float* learned_gradient) const;
  /// i8: qmin, qmax, levels; no scales.
  virtual QuantSpec codes_in_use(const float* learned, const float* kept) const = 0;
};

/// What was seen of an activation before its quantizer starts.
struct Observed {
  float min = 0, max = 0;
  std::vector<float> sample;  // some of the values
};

/// Sums over a tensor's elements, for the gradients of what is learned.
struct ClipSums {
  double inside = 0;            // of g * (round(x / scale) - x / scale)
  double below = 0, above = 0;  // of g where x / scale lies outside of the codes
};

class ActivationQuantizer {
 public:
  virtual ~ActivationQuantizer() = default;
  virtual size_t learned() const { return 0; }
  virtual size_t kept() const { return 0; }
  /// Whether it can code values below zero.
  virtual bool takes_signs() const { return true; }
  virtual void start(const Observed&, float* /*learned*/, float* /*kept*/) const {}
  /// Before each step of training, with what that step sees.
  virtual bool updates() const { return false; }
  virtual void update(const Observed&, float* /*kept*/) const {}
  /// L2 decay of what is learned.
  virtual double decay() const { return 0; }
  /// u8, one scale.
  virtual QuantSpec spec(const float* learned, const float* kept) const = 0;
  /// Adds to the gradients of what is learned.
  virtual void learn(const QuantSpec&, const ClipSums&, int64_t /*elements*/, float* /*learned_gradient*/) const {}
};

std::unique_ptr<WeightQuantizer> make_weights(const Method& method);
std::unique_ptr<ActivationQuantizer> make_activations(const Method& method);

/// The scale with the least squared error of scale * clamp(rhe(x / scale), low, high), among 60.
float best_scale(const float* x, int64_t n, float low, float high);
/// u8 with codes lo..hi and one scale.
QuantSpec activation_spec(float scale, int32_t zero_point, int32_t lo, int32_t hi);
/// i8 with codes lo..hi, no scales yet.
QuantSpec weight_codes_spec(int32_t lo, int32_t hi, std::vector<int32_t> levels = {});

}  // namespace galet::torch::quantizers
