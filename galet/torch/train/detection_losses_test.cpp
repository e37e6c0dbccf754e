// Losses against their formulas in double precision, gradients against finite differences.
#include "galet/torch/train/detection_losses.h"

#include <ATen/ATen.h>
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <functional>

#include "galet/core/error.h"
#include "galet/core/random.h"

using namespace galet;
using namespace galet::torch::train;

namespace {

at::Tensor drawn(Random& random, std::vector<int64_t> shape, double low, double high) {
  at::Tensor x = at::empty(shape, at::kDouble);
  for (int64_t i = 0; i < x.numel(); ++i) x.data_ptr<double>()[i] = random.uniform(low, high);
  return x;
}

/// Boxes (n, 4) that often meet, touch or lie in one another.
at::Tensor boxes(Random& random, int64_t n) {
  at::Tensor x = at::empty({n, 4}, at::kDouble);
  for (int64_t i = 0; i < n; ++i) {
    double* row = x.data_ptr<double>() + 4 * i;
    row[0] = random.uniform(0, 20), row[1] = random.uniform(0, 20);
    row[2] = row[0] + random.uniform(1, 20), row[3] = row[1] + random.uniform(1, 20);
  }
  return x;
}

void check_gradient(const at::Tensor& at, const std::function<at::Tensor(const at::Tensor&)>& loss) {
  const at::Tensor x = at.clone().set_requires_grad(true);
  loss(x).sum().backward();
  constexpr double kStep = 1e-6;
  for (int64_t i = 0; i < at.numel(); ++i) {
    const auto moved = [&](double by) {
      const at::Tensor y = at.clone();
      y.data_ptr<double>()[i] += by;
      return loss(y).sum().item<double>();
    };
    CHECK(x.grad().reshape({-1})[i].item<double>() == doctest::Approx((moved(kStep) - moved(-kStep)) / (2 * kStep)).epsilon(1e-4));
  }
}

double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }

}  // namespace

TEST_CASE("heatmap_focal: CenterNet's formula and its gradient") {
  Random random(1);
  const at::Tensor logits = drawn(random, {2, 3, 4, 5}, -6, 6), heatmap = drawn(random, {2, 3, 4, 5}, 0, 0.99);
  for (const int64_t peak : {3, 17, 80}) heatmap.reshape({-1})[peak] = 1;
  double sum = 0;
  for (int64_t i = 0; i < logits.numel(); ++i) {
    const double p = sigmoid(logits.data_ptr<double>()[i]), y = heatmap.data_ptr<double>()[i];
    sum -= y == 1 ? std::pow(1 - p, 2) * std::log(p) : std::pow(1 - y, 4) * p * p * std::log(1 - p);
  }
  CHECK(heatmap_focal(logits, heatmap).item<double>() == doctest::Approx(sum));
  check_gradient(logits, [&](const at::Tensor& x) { return heatmap_focal(x, heatmap); });
  CHECK(std::isfinite(heatmap_focal(logits * 1000, heatmap).item<double>()));
}

TEST_CASE("focal: the formula, its gradient, and numbers far from 0") {
  Random random(2);
  const at::Tensor logits = drawn(random, {40, 3}, -8, 8), wanted = drawn(random, {40, 3}, 0, 1).gt(0.7).to(at::kDouble);
  double sum = 0;
  for (int64_t i = 0; i < logits.numel(); ++i) {
    const double p = sigmoid(logits.data_ptr<double>()[i]);
    const bool one = wanted.data_ptr<double>()[i] == 1;
    const double q = one ? p : 1 - p;
    sum -= (one ? 0.25 : 0.75) * (1 - q) * (1 - q) * std::log(q);
  }
  CHECK(focal(logits, wanted).item<double>() == doctest::Approx(sum));
  check_gradient(logits, [&](const at::Tensor& x) { return focal(x, wanted); });
  CHECK(std::isfinite(focal(logits.to(at::kFloat) * 1000, wanted.to(at::kFloat)).item<double>()));
}

TEST_CASE("giou_loss and iou_loss: the definition box by box, and gradients") {
  Random random(3);
  const at::Tensor a = boxes(random, 60), b = boxes(random, 60);
  const at::Tensor giou = giou_loss(a, b), iou = iou_loss(a, b);
  int64_t apart = 0;
  for (int64_t i = 0; i < 60; ++i) {
    const double *x = a.data_ptr<double>() + 4 * i, *y = b.data_ptr<double>() + 4 * i;
    const double w = std::min(x[2], y[2]) - std::max(x[0], y[0]), h = std::min(x[3], y[3]) - std::max(x[1], y[1]);
    const double both = w > 0 && h > 0 ? w * h : 0, either = (x[2] - x[0]) * (x[3] - x[1]) + (y[2] - y[0]) * (y[3] - y[1]) - both;
    const double hull = (std::max(x[2], y[2]) - std::min(x[0], y[0])) * (std::max(x[3], y[3]) - std::min(x[1], y[1]));
    CHECK(giou[i].item<double>() == doctest::Approx(1 - (both / either - (hull - either) / hull)));
    CHECK(iou[i].item<double>() == doctest::Approx(-std::log((both + 1) / (either + 1))));
    apart += both == 0;
  }
  CHECK(apart > 3);
  check_gradient(a, [&](const at::Tensor& x) { return giou_loss(x, b); });
  check_gradient(a, [&](const at::Tensor& x) { return iou_loss(x, b); });
  CHECK(giou_loss(a, a).abs().max().item<double>() < 1e-12);
  const at::Tensor point = at::zeros({1, 4}, at::kDouble);  // an empty box has a loss and a gradient
  CHECK(giou_loss(point, b.narrow(0, 0, 1)).item<double>() > 1);
}

TEST_CASE("smooth_l1: quadratic below 0.1, then linear") {
  const at::Tensor x = at::tensor({0.05, -0.1, 2.0, -3.0}, at::kDouble).reshape({1, 4}), zero = at::zeros({1, 4}, at::kDouble);
  CHECK(smooth_l1(x, zero).item<double>() == doctest::Approx(0.5 * 0.0025 / 0.1 + 0.05 + 1.95 + 2.95));
  check_gradient(x, [&](const at::Tensor& y) { return smooth_l1(y, zero); });
  CHECK_THROWS_AS(parse_box_loss("l2"), Error);
}
