// Parameterized clipping. Choi et al., "PACT" (2018): y = clip(x, 0, alpha) on 2^k - 1 equal steps; dy/dalpha = 1 where x >= alpha, else 0;
// alpha has an L2 decay. Its weights are DoReFa's.
#include <algorithm>
#include <cmath>

#include "galet/torch/quantizers/quantizers.h"

namespace galet::torch::quantizers {
namespace {

class PactActivations final : public ActivationQuantizer {
 public:
  explicit PactActivations(int bits) : most_((1 << bits) - 1) {}
  size_t learned() const override { return 1; }  // alpha
  bool takes_signs() const override { return false; }
  double decay() const override { return 2e-4; }
  void start(const Observed& seen, float* learned, float*) const override {
    const auto most = static_cast<float>(most_);
    learned[0] = seen.sample.empty() ? seen.max : most * best_scale(seen.sample.data(), static_cast<int64_t>(seen.sample.size()), 0, most);
    learned[0] = std::max(learned[0], 1e-6f);
  }
  QuantSpec spec(const float* learned, const float*) const override {
    return activation_spec(std::max(learned[0], 1e-6f) / static_cast<float>(most_), 0, 0, most_);
  }
  void learn(const QuantSpec&, const ClipSums& sums, int64_t, float* learned_gradient) const override {
    learned_gradient[0] += static_cast<float>(sums.above);
  }

 private:
  int32_t most_;
};

}  // namespace

std::unique_ptr<ActivationQuantizer> make_activations_pact(int bits) { return std::make_unique<PactActivations>(bits); }

}  // namespace galet::torch::quantizers
