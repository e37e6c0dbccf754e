// Learned codebooks. Zhang et al., "LQ-Nets" (2018): levels are the sums of a basis v1..vk, with signs for weights (b in {-1, 1}) and
// without for activations (b in {0, 1}). QEM: given the nearest levels, the basis of least squared error solves (B'B) v = B'x; each step of
// training moves the basis a tenth of the way there. Gradients go straight through.
// Weights: rows are divided by their mean magnitude first, and all rows of a layer share one basis, so that a file needs one codebook a
// tensor. Levels are rounded to 8-bit codes, in training already.
#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "galet/torch/quantizers/quantizers.h"

namespace galet::torch::quantizers {
namespace {

constexpr int kMostBits = 4;
constexpr double kNewest = 0.1;
constexpr int kFirstRounds = 20;

struct Level {
  float value;
  uint32_t signs;  // bit j: b of v_j
};

/// Ascending; b is 0 or 1, or with `signed_`, -1 or 1.
std::vector<Level> levels_of(const float* basis, int bits, bool signed_) {
  std::vector<Level> levels;
  for (uint32_t pattern = 0; pattern < (1u << bits); ++pattern) {
    float sum = 0;
    for (int j = 0; j < bits; ++j) sum += (pattern >> j & 1) != 0 ? basis[j] : signed_ ? -basis[j] : 0.0f;
    levels.push_back({sum, pattern});
  }
  std::ranges::sort(levels, {}, &Level::value);
  return levels;
}

size_t nearest(const std::vector<Level>& levels, float x) {
  size_t at = 0;
  while (at + 1 < levels.size() && x > (levels[at].value + levels[at + 1].value) / 2) ++at;
  return at;
}

/// One round of QEM on (a part of) the values.
void improve(const float* x, int64_t n, float* basis, int bits, bool signed_, double newest) {
  const std::vector<Level> levels = levels_of(basis, bits, signed_);
  std::array<double, 1 << kMostBits> counts{}, sums{};
  for (int64_t i = 0; i < n; ++i) {
    const size_t at = nearest(levels, x[i]);
    counts[at] += 1, sums[at] += static_cast<double>(x[i]);
  }
  std::array<std::array<double, kMostBits + 1>, kMostBits> m{};  // B'B | B'x
  const auto size = static_cast<size_t>(bits);
  for (size_t l = 0; l < levels.size(); ++l)
    for (size_t i = 0; i < size; ++i) {
      const auto b = [&](size_t j) { return (levels[l].signs >> j & 1) != 0 ? 1.0 : signed_ ? -1.0 : 0.0; };
      for (size_t j = 0; j < size; ++j) m[i][j] += counts[l] * b(i) * b(j);
      m[i][size] += sums[l] * b(i);
    }
  for (size_t i = 0; i < size; ++i) m[i][i] += 1e-6 * static_cast<double>(n) + 1e-12;
  for (size_t i = 0; i < size; ++i)  // Gauss; the matrix is positive definite
    for (size_t row = 0; row < size; ++row) {
      if (row == i) continue;
      const double factor = m[row][i] / m[i][i];
      for (size_t j = i; j <= size; ++j) m[row][j] -= factor * m[i][j];
    }
  for (size_t i = 0; i < size; ++i) {
    const double wanted = std::max(m[i][size] / m[i][i], 1e-8);
    basis[i] += static_cast<float>(newest * (wanted - static_cast<double>(basis[i])));
  }
  std::sort(basis, basis + bits);
}

float sum_of(const float* basis, int bits) {
  float sum = 0;
  for (int j = 0; j < bits; ++j) sum += basis[j];
  return sum;
}

/// Levels as codes of at most `most`; equal ones once.
std::vector<int32_t> codebook(const float* basis, int bits, bool signed_, float most) {
  std::vector<int32_t> codes;
  const float unit = sum_of(basis, bits) / most;
  for (const Level& level : levels_of(basis, bits, signed_)) codes.push_back(static_cast<int32_t>(std::nearbyint(level.value / unit)));
  codes.erase(std::unique(codes.begin(), codes.end()), codes.end());
  return codes;
}

class LqWeights final : public WeightQuantizer {
 public:
  explicit LqWeights(int bits) : bits_(bits) {}
  size_t kept() const override { return static_cast<size_t>(bits_); }
  void start(const Weight& w, float*, float* kept) const override {
    for (int j = 0; j < bits_; ++j) kept[j] = 1.5f * static_cast<float>(1 << j) / static_cast<float>((1 << bits_) - 1);
    for (int round = 0; round < kFirstRounds; ++round) improve(normalized(w), kept, 1);
  }
  void update(const Weight& w, float* kept) const override { improve(normalized(w), kept, kNewest); }
  void quantize(const Weight& w, const float*, const float* kept, float* codes, float* scales) const override {
    const std::vector<int32_t> book = codebook(kept, bits_, true, 127);
    const float unit = sum_of(kept, bits_) / 127;
    for (int64_t c = 0; c < w.channels; ++c) {
      scales[c] = mean_of(w, c) * unit;
      for (int64_t i = c * w.elements; i < (c + 1) * w.elements; ++i) {
        const float x = w.data[i] / scales[c];
        size_t at = 0;
        while (at + 1 < book.size() && 2 * x > static_cast<float>(book[at] + book[at + 1])) ++at;
        codes[i] = static_cast<float>(book[at]);
      }
    }
  }
  QuantSpec codes_in_use(const float*, const float* kept) const override {
    return weight_codes_spec(-127, 127, codebook(kept, bits_, true, 127));
  }

 private:
  static float mean_of(const Weight& w, int64_t c) {
    double sum = 0;
    for (int64_t i = c * w.elements; i < (c + 1) * w.elements; ++i) sum += std::fabs(static_cast<double>(w.data[i]));
    return std::max(static_cast<float>(sum / static_cast<double>(std::max<int64_t>(w.elements, 1))), 1e-12f);
  }
  static std::vector<float> normalized(const Weight& w) {
    std::vector<float> x(static_cast<size_t>(w.size()));
    for (int64_t c = 0; c < w.channels; ++c) {
      const float mean = mean_of(w, c);
      for (int64_t i = c * w.elements; i < (c + 1) * w.elements; ++i) x[static_cast<size_t>(i)] = w.data[i] / mean;
    }
    return x;
  }
  void improve(const std::vector<float>& x, float* kept, double newest) const {
    quantizers::improve(x.data(), static_cast<int64_t>(x.size()), kept, bits_, true, newest);
  }
  int bits_;
};

class LqActivations final : public ActivationQuantizer {
 public:
  explicit LqActivations(int bits) : bits_(bits) {}
  size_t kept() const override { return static_cast<size_t>(bits_); }
  bool takes_signs() const override { return false; }
  void start(const Observed& seen, float*, float* kept) const override {
    const auto n = static_cast<int64_t>(seen.sample.size());
    const float step = best_scale(seen.sample.data(), n, 0, static_cast<float>((1 << bits_) - 1));
    for (int j = 0; j < bits_; ++j) kept[j] = step * static_cast<float>(1 << j);
    for (int round = 0; round < kFirstRounds && n > 0; ++round) improve(seen.sample.data(), n, kept, bits_, false, 1);
  }
  bool updates() const override { return true; }
  void update(const Observed& seen, float* kept) const override {
    improve(seen.sample.data(), static_cast<int64_t>(seen.sample.size()), kept, bits_, false, kNewest);
  }
  QuantSpec spec(const float*, const float* kept) const override {
    QuantSpec spec = activation_spec(sum_of(kept, bits_) / 255, 0, 0, 255);
    spec.levels = codebook(kept, bits_, false, 255);
    return spec;
  }

 private:
  int bits_;
};

}  // namespace

std::unique_ptr<WeightQuantizer> make_weights_lqnet(int bits) { return std::make_unique<LqWeights>(bits); }
std::unique_ptr<ActivationQuantizer> make_activations_lqnet(int bits) { return std::make_unique<LqActivations>(bits); }

}  // namespace galet::torch::quantizers
