// Li et al., "Ternary Weight Networks" (2016): codes -1, 0, 1 by the threshold 0.7 mean|w|; the scale is the mean of the magnitudes above
// it. Threshold and scale of each channel. Gradients go straight through.
#include <cmath>

#include "galet/torch/quantizers/quantizers.h"

namespace galet::torch::quantizers {
namespace {

class TwnWeights final : public WeightQuantizer {
 public:
  void quantize(const Weight& w, const float*, const float*, float* codes, float* scales) const override {
    for (int64_t c = 0; c < w.channels; ++c) {
      const float* row = w.data + c * w.elements;
      double sum = 0, kept = 0;
      for (int64_t i = 0; i < w.elements; ++i) sum += std::fabs(static_cast<double>(row[i]));
      const auto threshold = static_cast<float>(0.7 * sum / static_cast<double>(w.elements));
      int64_t count = 0;
      for (int64_t i = 0; i < w.elements; ++i) {
        const bool above = std::fabs(row[i]) > threshold;
        codes[c * w.elements + i] = !above ? 0.0f : row[i] > 0 ? 1.0f : -1.0f;
        if (above) kept += std::fabs(static_cast<double>(row[i])), ++count;
      }
      scales[c] = count > 0 ? static_cast<float>(kept / static_cast<double>(count)) : 1e-12f;
    }
  }
  QuantSpec codes_in_use(const float*, const float*) const override { return weight_codes_spec(-1, 1); }
};

}  // namespace

std::unique_ptr<WeightQuantizer> make_weights_twn(int) { return std::make_unique<TwnWeights>(); }

}  // namespace galet::torch::quantizers
