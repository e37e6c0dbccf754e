// Zhou et al., "DoReFa-Net" (2016).
//   weights      t = tanh(w) / max|tanh(w)|,   q = 2 rhe((2^k - 1)(t / 2 + 1 / 2)) - (2^k - 1): odd codes   gradient: straight through
//                rounding, (1 - tanh(w)^2) / max|tanh(w)| through t
//   activations  clip(x, 0, c) on 2^k - 1 equal steps, c fixed (the paper's 1, here where the squared error was least at the start)
// The paper's weights have magnitude 1, which a batch normalisation takes out again; so that layers without one work too, they are times
// the factor that brings t nearest to the weights as tuning begins.
#include <algorithm>
#include <cmath>
#include <vector>

#include "galet/torch/quantizers/loops.h"
#include "galet/torch/quantizers/quantizers.h"

namespace galet::torch::quantizers {
namespace {

/// tanh of all, and the largest magnitude.
float squash(const Weight& w, std::vector<float>& t) {
  t.resize(static_cast<size_t>(w.size()));
  float most = 1e-12f;
  for (size_t i = 0; i < t.size(); ++i) t[i] = std::tanh(w.data[i]), most = std::max(most, std::fabs(t[i]));
  return most;
}

class DorefaWeights final : public WeightQuantizer {
 public:
  explicit DorefaWeights(int bits) : steps_((1 << bits) - 1) {}
  size_t kept() const override { return 1; }  // the factor
  void start(const Weight& w, float*, float* kept) const override {
    std::vector<float> t;
    const float most = squash(w, t);
    double product = 0, square = 1e-30;
    for (size_t i = 0; i < t.size(); ++i) {
      product += static_cast<double>(w.data[i] * (t[i] / most));
      square += static_cast<double>((t[i] / most) * (t[i] / most));
    }
    kept[0] = std::max(static_cast<float>(product / square), 1e-6f);
  }
  void quantize(const Weight& w, const float*, const float* kept, float* codes, float* scales) const override {
    std::vector<float> t;
    const float most = squash(w, t);
    const auto steps = static_cast<float>(steps_);
    for (float& x : t) x = steps * (x / most * 0.5f + 0.5f);
    loops().codes(t.data(), codes, w.size(), 1, 0, steps);
    for (int64_t i = 0; i < w.size(); ++i) codes[i] = 2 * codes[i] - steps;
    std::fill_n(scales, w.channels, kept[0] / steps);
  }
  void backward(const Weight& w, const float*, const float*, const float* scales, const float* dst_gradient, float* weight_gradient,
                float*) const override {
    std::vector<float> t;
    const float factor = scales[0] * static_cast<float>(steps_) / squash(w, t);
    for (size_t i = 0; i < t.size(); ++i) weight_gradient[i] = dst_gradient[i] * factor * (1 - t[i] * t[i]);
  }
  QuantSpec codes_in_use(const float*, const float*) const override {
    std::vector<int32_t> levels;
    for (int32_t code = -steps_; code <= steps_; code += 2) levels.push_back(code);
    return weight_codes_spec(-steps_, steps_, levels);
  }

 private:
  int32_t steps_;
};

class DorefaActivations final : public ActivationQuantizer {
 public:
  explicit DorefaActivations(int bits) : most_((1 << bits) - 1) {}
  size_t kept() const override { return 1; }  // where it clips
  bool takes_signs() const override { return false; }
  void start(const Observed& seen, float*, float* kept) const override {
    const auto most = static_cast<float>(most_);
    kept[0] = seen.sample.empty() ? seen.max : most * best_scale(seen.sample.data(), static_cast<int64_t>(seen.sample.size()), 0, most);
    kept[0] = std::max(kept[0], 1e-6f);
  }
  QuantSpec spec(const float*, const float* kept) const override {
    return activation_spec(kept[0] / static_cast<float>(most_), 0, 0, most_);
  }

 private:
  int32_t most_;
};

}  // namespace

std::unique_ptr<WeightQuantizer> make_weights_dorefa(int bits) { return std::make_unique<DorefaWeights>(bits); }
std::unique_ptr<ActivationQuantizer> make_activations_dorefa(int bits) { return std::make_unique<DorefaActivations>(bits); }

}  // namespace galet::torch::quantizers
