#include <algorithm>
#include <cmath>
#include <numeric>

#include "galet/core/error.h"
#include "galet/detect/row_targets.h"

namespace galet::detect {
namespace {

constexpr float kObject = 0.5f, kNoObject = 0.4f;
constexpr int64_t kNearest = 9;  // anchors a level, of ATSS

Box anchor(std::span<const float> anchors, size_t row) {
  return {anchors[4 * row], anchors[4 * row + 1], anchors[4 * row + 2], anchors[4 * row + 3]};
}

void give(RowTargets& targets, size_t row, const data::Annotation& object) {
  targets.labels[row] = object.label;
  targets.boxes[row] = object.box;
}

void by_iou(RowTargets& targets, std::span<const data::Annotation> objects, std::span<const float> anchors) {
  const size_t rows = targets.labels.size();
  std::vector<float> most(rows, 0.f);  // of a row over objects
  std::vector<size_t> whose(rows, 0);
  std::vector<float> best(objects.size(), 0.f);  // of an object over rows
  for (size_t row = 0; row < rows; ++row)
    for (size_t i = 0; i < objects.size(); ++i) {
      if (objects[i].crowd) continue;
      const float overlap = iou(anchor(anchors, row), objects[i].box);
      if (overlap > most[row]) most[row] = overlap, whose[row] = i;
      best[i] = std::max(best[i], overlap);
    }
  for (size_t row = 0; row < rows; ++row) {
    if (most[row] <= 0) continue;
    bool finds = most[row] >= kObject;
    for (size_t i = 0; i < objects.size() && !finds; ++i)
      finds = !objects[i].crowd && best[i] > 0 && iou(anchor(anchors, row), objects[i].box) == best[i];
    if (finds)
      give(targets, row, objects[whose[row]]);
    else if (most[row] >= kNoObject)
      targets.labels[row] = kNobody;
  }
}

void by_atss(RowTargets& targets, std::span<const data::Annotation> objects, std::span<const float> anchors,
             std::span<const Level> levels) {
  std::vector<float> most(targets.labels.size(), 0.f);
  for (const data::Annotation& object : objects) {
    if (object.crowd) continue;
    const float cx = (object.box.left + object.box.right) / 2, cy = (object.box.top + object.box.bottom) / 2;
    const auto distance = [&](int64_t row) {
      const Box a = anchor(anchors, static_cast<size_t>(row));
      const float dx = (a.left + a.right) / 2 - cx, dy = (a.top + a.bottom) / 2 - cy;
      return dx * dx + dy * dy;
    };
    std::vector<int64_t> candidates;
    for (const Level& level : levels) {
      std::vector<int64_t> rows(static_cast<size_t>(level.count));
      std::iota(rows.begin(), rows.end(), level.first);
      const auto nearest = rows.begin() + std::min(kNearest, level.count);
      std::partial_sort(rows.begin(), nearest, rows.end(), [&](int64_t a, int64_t b) {
        const float da = distance(a), db = distance(b);
        return da < db || (da == db && a < b);
      });
      candidates.insert(candidates.end(), rows.begin(), nearest);
    }
    double sum = 0, squares = 0;
    std::vector<float> overlaps;
    for (const int64_t row : candidates) overlaps.push_back(iou(anchor(anchors, static_cast<size_t>(row)), object.box));
    for (const float overlap : overlaps) sum += static_cast<double>(overlap);
    const double mean = sum / static_cast<double>(overlaps.size());
    for (const float overlap : overlaps) squares += (static_cast<double>(overlap) - mean) * (static_cast<double>(overlap) - mean);
    const double threshold = mean + std::sqrt(squares / std::max(1.0, static_cast<double>(overlaps.size()) - 1));
    for (size_t i = 0; i < candidates.size(); ++i) {
      const auto row = static_cast<size_t>(candidates[i]);
      const Box a = anchor(anchors, row);
      const float x = (a.left + a.right) / 2, y = (a.top + a.bottom) / 2;
      const bool centred = x > object.box.left && x < object.box.right && y > object.box.top && y < object.box.bottom;
      if (!centred || static_cast<double>(overlaps[i]) < threshold || overlaps[i] <= most[row]) continue;
      most[row] = overlaps[i];
      give(targets, row, object);
    }
  }
}

}  // namespace

Assignment parse_assignment(const std::string& name) {
  if (name == "iou") return Assignment::iou;
  if (name == "atss") return Assignment::atss;
  fail("unknown assignment \"{}\", expected iou or atss", name);
}

RowTargets anchor_targets(std::span<const data::Annotation> objects, std::span<const float> anchors, std::span<const Level> levels,
                          Assignment assignment) {
  RowTargets targets;
  targets.labels.assign(anchors.size() / 4, kBackground);
  targets.boxes.resize(anchors.size() / 4);
  if (assignment == Assignment::iou)
    by_iou(targets, objects, anchors);
  else
    by_atss(targets, objects, anchors, levels);
  for (const data::Annotation& object : objects) {
    if (!object.crowd) continue;
    for (size_t row = 0; row < targets.labels.size(); ++row)
      if (const Box a = anchor(anchors, row); targets.labels[row] == kBackground && overlap(a, object.box) > 0.5f * a.area())
        targets.labels[row] = kNobody;
  }
  return targets;
}

}  // namespace galet::detect
