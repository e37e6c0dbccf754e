#include "galet/torch/train/detection_losses.h"

#include <ATen/ATen.h>

#include <array>

#include "galet/core/error.h"

namespace galet::torch::train {
namespace {

struct Overlap {
  at::Tensor both, either;  // areas
  at::Tensor hull;          // of the smallest box around both
};

at::Tensor area(const at::Tensor& left, const at::Tensor& top, const at::Tensor& right, const at::Tensor& bottom) {
  return (right - left).clamp_min(0) * (bottom - top).clamp_min(0);
}

Overlap overlap(const at::Tensor& a, const at::Tensor& b) {
  const auto x = a.unbind(1), y = b.unbind(1);
  const auto low = [&](size_t i) { return at::minimum(x[i], y[i]); };
  const auto high = [&](size_t i) { return at::maximum(x[i], y[i]); };
  Overlap result;
  result.both = area(high(0), high(1), low(2), low(3));
  result.either = area(x[0], x[1], x[2], x[3]) + area(y[0], y[1], y[2], y[3]) - result.both;
  result.hull = area(low(0), low(1), high(2), high(3));
  return result;
}

constexpr double kLeastArea = 1e-7;

}  // namespace

at::Tensor heatmap_focal(const at::Tensor& logits, const at::Tensor& heatmap) {
  const at::Tensor p = logits.sigmoid(), peak = heatmap.eq(1);
  const at::Tensor at_peaks = -(1 - p).square() * at::log_sigmoid(logits);
  const at::Tensor elsewhere = (1 - heatmap).pow(4) * p.square() * at::softplus(logits);
  return at::where(peak, at_peaks, elsewhere).sum();
}

at::Tensor focal(const at::Tensor& logits, const at::Tensor& wanted) {
  constexpr double kAlpha = 0.25;
  const at::Tensor p = logits.sigmoid(), missed = p + wanted - 2 * p * wanted;  // 1 - q
  const at::Tensor entropy = at::softplus(logits) - logits * wanted;            // -log q
  return ((kAlpha * wanted + (1 - kAlpha) * (1 - wanted)) * missed.square() * entropy).sum();
}

BoxLoss parse_box_loss(const std::string& name) {
  if (name == "giou") return BoxLoss::giou;
  if (name == "iou") return BoxLoss::iou;
  if (name == "smooth_l1") return BoxLoss::smooth_l1;
  fail("unknown box loss \"{}\", expected giou, iou or smooth_l1", name);
}

at::Tensor giou_loss(const at::Tensor& boxes, const at::Tensor& wanted) {
  const Overlap o = overlap(boxes, wanted);
  return 1 - o.both / o.either.clamp_min(kLeastArea) + (o.hull - o.either) / o.hull.clamp_min(kLeastArea);
}

at::Tensor iou_loss(const at::Tensor& boxes, const at::Tensor& wanted) {
  const Overlap o = overlap(boxes, wanted);
  return -((o.both + 1) / (o.either + 1)).log();
}

at::Tensor smooth_l1(const at::Tensor& values, const at::Tensor& wanted) {
  return at::smooth_l1_loss(values, wanted, at::Reduction::None, 0.1).sum(1);
}

}  // namespace galet::torch::train
