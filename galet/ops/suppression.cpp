#include "galet/ops/suppression.h"

#include <algorithm>
#include <cmath>

namespace galet::ops {
namespace {

Box ordered(const Box& b) {
  return {std::min(b.left, b.right), std::min(b.top, b.bottom), std::max(b.left, b.right), std::max(b.top, b.bottom)};
}

bool before(const Kept& a, const Kept& b) { return a.score > b.score || (a.score == b.score && a.index < b.index); }

/// The best so far is kept, what overlaps it sinks; best of the rest next.
std::vector<Kept> suppress_softly(std::vector<Kept> left, std::span<const Box> boxes, const SuppressionRule& rule) {
  std::vector<Kept> kept;
  while (!left.empty() && static_cast<int64_t>(kept.size()) < rule.most) {
    const auto best = std::min_element(left.begin(), left.end(), before);
    kept.push_back(*best);
    left.erase(best);
    const Box box = ordered(boxes[static_cast<size_t>(kept.back().index)]);
    for (Kept& one : left) {
      const float share = iou(box, ordered(boxes[static_cast<size_t>(one.index)]));
      one.score *= std::exp(-(share * share) / rule.soft_sigma);
    }
    std::erase_if(left, [&](const Kept& one) { return !(one.score > rule.score_threshold); });
  }
  return kept;
}

}  // namespace

std::vector<Kept> suppress(std::span<const Box> boxes, std::span<const float> scores, const SuppressionRule& rule) {
  std::vector<Kept> order;
  for (size_t i = 0; i < scores.size(); ++i)
    if (scores[i] > rule.score_threshold) order.push_back({static_cast<int64_t>(i), scores[i]});
  std::sort(order.begin(), order.end(), before);
  if (rule.candidates > 0 && static_cast<int64_t>(order.size()) > rule.candidates) order.resize(static_cast<size_t>(rule.candidates));
  if (rule.soft_sigma > 0) return suppress_softly(std::move(order), boxes, rule);
  std::vector<Kept> kept;
  for (const Kept& one : order) {
    if (static_cast<int64_t>(kept.size()) >= rule.most) break;
    const Box box = ordered(boxes[static_cast<size_t>(one.index)]);
    const bool covered = std::any_of(kept.begin(), kept.end(), [&](const Kept& better) {
      return iou(box, ordered(boxes[static_cast<size_t>(better.index)])) > rule.iou_threshold;
    });
    if (!covered) kept.push_back(one);
  }
  return kept;
}

}  // namespace galet::ops
