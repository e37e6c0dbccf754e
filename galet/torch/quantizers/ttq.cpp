// Zhu et al., "Trained Ternary Quantization" (2016): -Wn, 0, Wp by the threshold 0.05 max|w|, Wp and Wn learned, one pair a layer.
//   dWp = sum of g where the code is positive,   dWn = -sum of g where it is negative (Wn > 0 here)
//   dw  = Wp g above the threshold, g between, Wn g below
// Wp and Wn are rounded to 8-bit codes of the larger one.
#include <algorithm>
#include <cmath>

#include "galet/torch/quantizers/quantizers.h"

namespace galet::torch::quantizers {
namespace {

constexpr float kThreshold = 0.05f;

struct Pair {
  float unit;
  int32_t positive, negative;  // codes, >= 1
};

Pair codes_of(const float* learned) {
  const float positive = std::max(std::fabs(learned[0]), 1e-8f), negative = std::max(std::fabs(learned[1]), 1e-8f);
  const float unit = std::max(positive, negative) / 127;
  const auto code = [&](float x) { return std::clamp(static_cast<int32_t>(std::nearbyint(x / unit)), 1, 127); };
  return {unit, code(positive), code(negative)};
}

float threshold_of(const Weight& w) {
  float most = 0;
  for (int64_t i = 0; i < w.size(); ++i) most = std::max(most, std::fabs(w.data[i]));
  return kThreshold * most;
}

class TtqWeights final : public WeightQuantizer {
 public:
  size_t learned() const override { return 2; }  // Wp, Wn
  void start(const Weight& w, float* learned, float*) const override {
    const float threshold = threshold_of(w);
    double sums[2] = {0, 0}, counts[2] = {0, 0};
    for (int64_t i = 0; i < w.size(); ++i)
      if (std::fabs(w.data[i]) > threshold) {
        const int side = w.data[i] > 0 ? 0 : 1;
        sums[side] += std::fabs(static_cast<double>(w.data[i])), counts[side] += 1;
      }
    for (int side = 0; side < 2; ++side) learned[side] = counts[side] > 0 ? static_cast<float>(sums[side] / counts[side]) : 1e-3f;
  }
  void quantize(const Weight& w, const float* learned, const float*, float* codes, float* scales) const override {
    const float threshold = threshold_of(w);
    const Pair pair = codes_of(learned);
    for (int64_t i = 0; i < w.size(); ++i)
      codes[i] = w.data[i] > threshold    ? static_cast<float>(pair.positive)
                 : w.data[i] < -threshold ? -static_cast<float>(pair.negative)
                                          : 0.0f;
    std::fill_n(scales, w.channels, pair.unit);
  }
  void backward(const Weight& w, const float* learned, const float* codes, const float* scales, const float* dst_gradient,
                float* weight_gradient, float* learned_gradient) const override {
    double positive = 0, negative = 0;
    for (int64_t i = 0; i < w.size(); ++i) {
      const float g = dst_gradient[i];
      weight_gradient[i] = codes[i] == 0 ? g : g * scales[0] * std::fabs(codes[i]);
      positive += codes[i] > 0 ? static_cast<double>(g) : 0.0;
      negative -= codes[i] < 0 ? static_cast<double>(g) : 0.0;
    }
    learned_gradient[0] += static_cast<float>(learned[0] < 0 ? -positive : positive);
    learned_gradient[1] += static_cast<float>(learned[1] < 0 ? -negative : negative);
  }
  QuantSpec codes_in_use(const float* learned, const float*) const override {
    const Pair pair = codes_of(learned);
    return weight_codes_spec(-pair.negative, pair.positive, {-pair.negative, 0, pair.positive});
  }
};

}  // namespace

std::unique_ptr<WeightQuantizer> make_weights_ttq(int) { return std::make_unique<TtqWeights>(); }

}  // namespace galet::torch::quantizers
