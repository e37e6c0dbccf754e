#include <algorithm>
#include <cmath>
#include <limits>

#include "galet/detect/row_targets.h"

namespace galet::detect {
namespace {

constexpr float kCentreRadius = 1.5f;  // strides

bool inside(const Box& box, float x, float y) { return x > box.left && x < box.right && y > box.top && y < box.bottom; }

/// The part of a box near its centre.
Box core(const Box& box, float reach) {
  const float cx = (box.left + box.right) / 2, cy = (box.top + box.bottom) / 2;
  return {std::max(box.left, cx - reach), std::max(box.top, cy - reach), std::min(box.right, cx + reach), std::min(box.bottom, cy + reach)};
}

}  // namespace

RowTargets point_targets(std::span<const data::Annotation> objects, std::span<const float> points, std::span<const Level> levels) {
  RowTargets targets;
  const size_t rows = points.size() / 2;
  targets.labels.assign(rows, kBackground);
  targets.boxes.resize(rows);
  targets.centerness.assign(rows, 0.f);
  for (const Level& level : levels) {
    const float least = &level == &levels.front() ? 0.f : 4 * level.stride,
                most = &level == &levels.back() ? std::numeric_limits<float>::infinity() : 8 * level.stride;
    for (auto row = static_cast<size_t>(level.first); row < static_cast<size_t>(level.first + level.count); ++row) {
      const float x = points[2 * row], y = points[2 * row + 1];
      float smallest = std::numeric_limits<float>::infinity();
      bool in_crowd = false;
      for (const data::Annotation& object : objects) {
        const Box& box = object.box;
        if (object.crowd) {
          in_crowd = in_crowd || inside(box, x, y);
          continue;
        }
        if (!inside(box, x, y) || !inside(core(box, kCentreRadius * level.stride), x, y)) continue;
        const float l = x - box.left, t = y - box.top, r = box.right - x, b = box.bottom - y, longest = std::max({l, t, r, b});
        if (longest < least || longest > most || !(box.area() < smallest)) continue;
        smallest = box.area();
        targets.labels[row] = object.label;
        targets.boxes[row] = box;
        targets.centerness[row] = std::sqrt(std::min(l, r) / std::max(l, r) * (std::min(t, b) / std::max(t, b)));
      }
      if (in_crowd && targets.labels[row] == kBackground) targets.labels[row] = kNobody;
    }
  }
  return targets;
}

}  // namespace galet::detect
