// "int": the 8-bit scheme of docs/arithmetic.md with any number of bits. Weights: scale = max|w| / qmax of each channel, at every step.
// Activations: a range that follows what is seen (8 bits: its ends; fewer: the clip with the least squared error at the start, then fixed).
#include <algorithm>
#include <cmath>

#include "galet/torch/quantizers/loops.h"
#include "galet/torch/quantizers/quantizers.h"

namespace galet::torch::quantizers {
namespace {

constexpr float kMomentum = 0.01f;  // weight of the newest range
constexpr int kWideBits = 6;        // from here on clipping loses more than coarse steps do

class IntWeights final : public WeightQuantizer {
 public:
  explicit IntWeights(int bits) : most_((1 << (bits - 1)) - 1) {}
  void quantize(const Weight& w, const float*, const float*, float* codes, float* scales) const override {
    for (int64_t c = 0; c < w.channels; ++c) {
      const float* row = w.data + c * w.elements;
      float largest = 0;
      for (int64_t i = 0; i < w.elements; ++i) largest = std::max(largest, std::fabs(row[i]));
      const float most = static_cast<float>(most_);
      scales[c] = largest > 0 ? largest / most : 1e-12f;
      loops().codes(row, codes + c * w.elements, w.elements, scales[c], -most, most);
    }
  }
  QuantSpec codes_in_use(const float*, const float*) const override { return weight_codes_spec(-most_, most_); }

 private:
  int32_t most_;
};

class IntActivations final : public ActivationQuantizer {
 public:
  explicit IntActivations(int bits) : bits_(bits) {}
  size_t kept() const override { return 2; }  // low <= 0 <= high
  void start(const Observed& seen, float*, float* kept) const override {
    kept[0] = std::min(seen.min, 0.0f), kept[1] = std::max(seen.max, 0.0f);
    if (bits_ >= kWideBits || seen.sample.empty()) return;
    const QuantSpec whole = spec(nullptr, kept);
    const auto low = static_cast<float>(-whole.zero_points[0]), high = static_cast<float>(whole.qmax - whole.zero_points[0]);
    const float scale = best_scale(seen.sample.data(), static_cast<int64_t>(seen.sample.size()), low, high);
    kept[0] = scale * low, kept[1] = scale * high;
  }
  bool updates() const override { return bits_ >= kWideBits; }
  void update(const Observed& seen, float* kept) const override {
    kept[0] += kMomentum * (std::min(seen.min, 0.0f) - kept[0]);
    kept[1] += kMomentum * (std::max(seen.max, 0.0f) - kept[1]);
  }
  QuantSpec spec(const float*, const float* kept) const override {
    const int32_t most = (1 << bits_) - 1;
    const double low = static_cast<double>(kept[0]), high = static_cast<double>(kept[1]);
    const float scale = std::max(static_cast<float>((high - low) / most), 1e-12f);
    const double zero = std::clamp(std::nearbyint(-low / static_cast<double>(scale)), 0.0, static_cast<double>(most));
    return activation_spec(scale, static_cast<int32_t>(zero), 0, most);
  }

 private:
  int bits_;
};

}  // namespace

std::unique_ptr<WeightQuantizer> make_weights_int(int bits) { return std::make_unique<IntWeights>(bits); }
std::unique_ptr<ActivationQuantizer> make_activations_int(int bits) { return std::make_unique<IntActivations>(bits); }

}  // namespace galet::torch::quantizers
