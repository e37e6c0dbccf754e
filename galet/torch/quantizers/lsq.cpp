// Learned step size. Esser et al., "Learned Step Size Quantization" (2019):
//   q = clamp(rhe(x / s), -Qn, Qp),   dq/ds = q - x / s inside, -Qn or Qp outside,   gradient of s times 1 / sqrt(N Qp)
// One step a tensor; it starts where the squared error is least. Activations that can be negative keep the zero point that the first
// range gave them. "ternary": the same with three codes.
#include <algorithm>
#include <cmath>

#include "galet/torch/quantizers/loops.h"
#include "galet/torch/quantizers/quantizers.h"

namespace galet::torch::quantizers {
namespace {

constexpr int64_t kChunk = 1 << 16;

float step_of(const float* learned) { return std::max(std::fabs(learned[0]), 1e-12f); }

class LsqWeights final : public WeightQuantizer {
 public:
  explicit LsqWeights(int bits) : low_(-(1 << (bits - 1))), high_((1 << (bits - 1)) - 1) {
    if (bits == 8) low_ = -127;  // the scheme of docs/arithmetic.md
  }
  size_t learned() const override { return 1; }
  void start(const Weight& w, float* learned, float*) const override {
    learned[0] = best_scale(w.data, w.size(), static_cast<float>(low_), static_cast<float>(high_));
  }
  void quantize(const Weight& w, const float* learned, const float*, float* codes, float* scales) const override {
    const float step = step_of(learned);
    loops().codes(w.data, codes, w.size(), step, static_cast<float>(low_), static_cast<float>(high_));
    std::fill_n(scales, w.channels, step);
  }
  void backward(const Weight& w, const float* learned, const float*, const float*, const float* dst_gradient, float* weight_gradient,
                float* learned_gradient) const override {
    const auto low = static_cast<float>(low_), high = static_cast<float>(high_);
    FakeQuant q;
    q.scale = step_of(learned), q.low = low, q.high = high;
    ClipSums sums;
    for (int64_t i = 0; i < w.size(); i += kChunk)
      loops().fake_quantize_backward(w.data + i, dst_gradient + i, weight_gradient + i, std::min(kChunk, w.size() - i), q, &sums);
    const double gradient = sums.inside + low_ * sums.below + high_ * sums.above;
    const double norm = std::sqrt(static_cast<double>(w.size()) * high_);
    learned_gradient[0] += static_cast<float>((learned[0] < 0 ? -gradient : gradient) / norm);
  }
  QuantSpec codes_in_use(const float*, const float*) const override { return weight_codes_spec(low_, high_); }

 private:
  int32_t low_, high_;
};

class LsqActivations final : public ActivationQuantizer {
 public:
  explicit LsqActivations(int32_t most) : most_(most) {}
  size_t learned() const override { return 1; }
  size_t kept() const override { return 1; }  // zero point
  void start(const Observed& seen, float* learned, float* kept) const override {
    const double low = static_cast<double>(std::min(seen.min, 0.0f)), high = static_cast<double>(std::max(seen.max, 0.0f));
    const double share = high > low ? -low / (high - low) : 0;
    kept[0] = static_cast<float>(std::nearbyint(share * most_));
    learned[0] = static_cast<float>((high - low) / most_);
    if (most_ < 63 && !seen.sample.empty())
      learned[0] = best_scale(seen.sample.data(), static_cast<int64_t>(seen.sample.size()), -kept[0], static_cast<float>(most_) - kept[0]);
    learned[0] = std::max(learned[0], 1e-6f);
  }
  QuantSpec spec(const float* learned, const float* kept) const override {
    return activation_spec(step_of(learned), static_cast<int32_t>(kept[0]), 0, most_);
  }
  void learn(const QuantSpec& spec, const ClipSums& sums, int64_t elements, float* learned_gradient) const override {
    const int32_t low = spec.qmin - spec.zero_points[0], high = spec.qmax - spec.zero_points[0];
    const double norm = std::sqrt(static_cast<double>(elements) * std::max(high, 1));
    learned_gradient[0] += static_cast<float>((sums.inside + low * sums.below + high * sums.above) / norm);
  }

 private:
  int32_t most_;
};

}  // namespace

std::unique_ptr<WeightQuantizer> make_weights_lsq(int bits) { return std::make_unique<LsqWeights>(bits); }
std::unique_ptr<ActivationQuantizer> make_activations_lsq(int bits) { return std::make_unique<LsqActivations>((1 << bits) - 1); }
std::unique_ptr<ActivationQuantizer> make_activations_ternary(int) { return std::make_unique<LsqActivations>(2); }

}  // namespace galet::torch::quantizers
