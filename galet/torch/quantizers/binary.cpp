// Rastegari et al., "XNOR-Net" (2016), its binary weights: sign(w) times the mean magnitude of the channel. The gradient goes straight
// through where |w| <= 1; the factor 1/n + mean|w| of the paper only scales the learning rate and is left out.
#include <algorithm>
#include <cmath>

#include "galet/torch/quantizers/quantizers.h"

namespace galet::torch::quantizers {
namespace {

class BinaryWeights final : public WeightQuantizer {
 public:
  void quantize(const Weight& w, const float*, const float*, float* codes, float* scales) const override {
    for (int64_t c = 0; c < w.channels; ++c) {
      const float* row = w.data + c * w.elements;
      double sum = 0;
      for (int64_t i = 0; i < w.elements; ++i) {
        sum += std::fabs(static_cast<double>(row[i]));
        codes[c * w.elements + i] = row[i] < 0 ? -1.0f : 1.0f;
      }
      scales[c] = std::max(static_cast<float>(sum / static_cast<double>(w.elements)), 1e-12f);
    }
  }
  void backward(const Weight& w, const float*, const float*, const float*, const float* dst_gradient, float* weight_gradient,
                float*) const override {
    for (int64_t i = 0; i < w.size(); ++i) weight_gradient[i] = std::fabs(w.data[i]) <= 1 ? dst_gradient[i] : 0.0f;
  }
  QuantSpec codes_in_use(const float*, const float*) const override { return weight_codes_spec(-1, 1, {-1, 1}); }
};

}  // namespace

std::unique_ptr<WeightQuantizer> make_weights_binary(int) { return std::make_unique<BinaryWeights>(); }

}  // namespace galet::torch::quantizers
