#include "galet/evaluate/divergence.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <span>
#include <vector>

#include "galet/core/error.h"

namespace galet::evaluate {
namespace {

/// log p of a row: of its softmax, unless its values are probabilities already.
std::vector<double> log_probabilities(std::span<const float> row) {
  double sum = 0;
  bool probabilities = true;
  for (const float x : row) sum += static_cast<double>(x), probabilities = probabilities && x >= 0;
  std::vector<double> logs(row.begin(), row.end());
  if (probabilities && std::fabs(sum - 1) < 1e-3) {
    for (double& x : logs) x = std::log(std::max(x, 1e-12));
    return logs;
  }
  const double most = *std::max_element(logs.begin(), logs.end());
  double total = 0;
  for (const double x : logs) total += std::exp(x - most);
  for (double& x : logs) x -= most + std::log(total);
  return logs;
}

size_t best(std::span<const float> row) { return static_cast<size_t>(std::max_element(row.begin(), row.end()) - row.begin()); }

}  // namespace

Divergence divergence(const Tensor& reference, const Tensor& other) {
  if (reference.shape() != other.shape())
    fail("outputs of shape {} and {} cannot be compared", to_string(reference.shape()), to_string(other.shape()));
  Divergence result;
  if (reference.size() == 0) return result;
  const auto rows = static_cast<size_t>(reference.shape()[0]), width = static_cast<size_t>(reference.size()) / rows;
  double signal = 0, noise = 0, kl = 0;
  size_t agreeing = 0;
  for (size_t i = 0; i < rows; ++i) {
    const auto a = reference.span<float>().subspan(i * width, width), b = other.span<float>().subspan(i * width, width);
    for (size_t j = 0; j < width; ++j) {
      const double x = static_cast<double>(a[j]), d = x - static_cast<double>(b[j]);
      signal += x * x, noise += d * d;
    }
    const std::vector<double> p = log_probabilities(a), q = log_probabilities(b);
    for (size_t j = 0; j < width; ++j) kl += std::exp(p[j]) * (p[j] - q[j]);
    agreeing += best(a) == best(b) ? 1 : 0;
  }
  result.sqnr_db = noise > 0 ? 10 * std::log10(signal / noise) : std::numeric_limits<double>::infinity();
  result.kl = std::max(0.0, kl / static_cast<double>(rows));
  result.agreement = static_cast<double>(agreeing) / static_cast<double>(rows);
  return result;
}

}  // namespace galet::evaluate
