#include "galet/detect/center_targets.h"

#include <algorithm>
#include <cmath>

namespace galet::detect {
namespace {

void draw_gaussian(float* map, int64_t height, int64_t width, int64_t x, int64_t y, int64_t radius) {
  const double sigma = (2 * static_cast<double>(radius) + 1) / 6;
  for (int64_t v = std::max<int64_t>(0, y - radius); v <= std::min(height - 1, y + radius); ++v)
    for (int64_t u = std::max<int64_t>(0, x - radius); u <= std::min(width - 1, x + radius); ++u) {
      const auto squared = static_cast<double>((u - x) * (u - x) + (v - y) * (v - y));
      float& at = map[v * width + u];
      at = std::max(at, static_cast<float>(std::exp(-squared / (2 * sigma * sigma))));
    }
}

void ignore(float* map, int64_t height, int64_t width, const Box& box, float stride) {
  const auto place = [&](float edge, int64_t most) { return std::clamp<int64_t>(static_cast<int64_t>(edge / stride), 0, most); };
  for (int64_t y = place(box.top, height); y < place(std::ceil(box.bottom / stride) * stride, height); ++y)
    for (int64_t x = place(box.left, width); x < place(std::ceil(box.right / stride) * stride, width); ++x)
      map[y * width + x] = std::max(map[y * width + x], kIgnored);
}

}  // namespace

double gaussian_radius(double width, double height) {
  constexpr double kOverlap = 0.7;
  const double sum = width + height, area = width * height;
  const auto larger_root = [](double a, double b, double c) { return (b + std::sqrt(b * b - 4 * a * c)) / 2; };
  return std::min({larger_root(1, sum, area * (1 - kOverlap) / (1 + kOverlap)), larger_root(4, 2 * sum, (1 - kOverlap) * area),
                   larger_root(4 * kOverlap, -2 * kOverlap * sum, (kOverlap - 1) * area)});
}

CenterTargets center_targets(std::span<const data::Annotation> objects, int64_t classes, int64_t height, int64_t width, float stride) {
  CenterTargets targets;
  targets.heatmap.assign(static_cast<size_t>(classes * height * width), 0.f);
  for (const data::Annotation& object : objects) {
    float* map = targets.heatmap.data() + object.label * height * width;
    if (object.crowd) {
      ignore(map, height, width, object.box, stride);
      continue;
    }
    const Box& box = object.box;
    const float w = box.width() / stride, h = box.height() / stride;
    const float cx = (box.left + box.right) / 2 / stride, cy = (box.top + box.bottom) / 2 / stride;
    const auto x = std::clamp<int64_t>(static_cast<int64_t>(cx), 0, width - 1),
               y = std::clamp<int64_t>(static_cast<int64_t>(cy), 0, height - 1);
    const double radius = gaussian_radius(std::ceil(static_cast<double>(w)), std::ceil(static_cast<double>(h)));
    draw_gaussian(map, height, width, x, y, std::max<int64_t>(0, static_cast<int64_t>(radius)));
    targets.objects.push_back({y * width + x, w, h, cx - static_cast<float>(x), cy - static_cast<float>(y)});
  }
  return targets;
}

}  // namespace galet::detect
