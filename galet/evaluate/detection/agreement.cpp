#include "galet/evaluate/detection/agreement.h"

#include <algorithm>

#include "galet/core/error.h"
#include "galet/evaluate/detection/overlap.h"

namespace galet::evaluate {
namespace {

constexpr double kSameObject = 0.5;

std::vector<const Detection*> best_first(const std::vector<Detection>& found, float min_score) {
  std::vector<const Detection*> result;
  for (const Detection& one : found)
    if (one.score >= min_score) result.push_back(&one);
  std::stable_sort(result.begin(), result.end(), [](const Detection* a, const Detection* b) { return a->score > b->score; });
  return result;
}

/// Those of `found` with `min_score` that have no partner among `others`, each of which is taken once; `overlaps` gets the pairs' IoU.
int64_t alone(const std::vector<Detection>& found, const std::vector<Detection>& others, float min_score, std::vector<double>* overlaps) {
  const std::vector<const Detection*> candidates = best_first(others, min_score / 2);
  std::vector<bool> taken(candidates.size(), false);
  int64_t left = 0;
  for (const Detection* one : best_first(found, min_score)) {
    double best = kSameObject;
    size_t match = candidates.size();
    for (size_t i = 0; i < candidates.size(); ++i) {
      if (taken[i] || candidates[i]->label != one->label) continue;
      const double share = overlap_share(one->box, candidates[i]->box, false);
      if (share < best || (share == best && match < candidates.size())) continue;
      best = share, match = i;
    }
    if (match == candidates.size()) {
      ++left;
      continue;
    }
    taken[match] = true;
    if (overlaps != nullptr) overlaps->push_back(best);
  }
  return left;
}

}  // namespace

DetectionAgreement agreement(std::span<const ImageDetections> first, std::span<const ImageDetections> second, int classes,
                             float min_score) {
  if (first.size() != second.size()) fail("agreement of detections: {} and {} images, expected the same ones", first.size(), second.size());
  DetectionAgreement result;
  result.min_score = min_score;
  std::vector<ImageDetections> as_truth;
  double sum = 0;
  for (size_t i = 0; i < first.size(); ++i) {
    std::vector<double> overlaps;
    ImageAgreement image;
    image.image = static_cast<int64_t>(i);
    image.lost = alone(first[i].found, second[i].found, min_score, &overlaps);
    image.gained = alone(second[i].found, first[i].found, min_score, nullptr);
    image.pairs = static_cast<int64_t>(overlaps.size());
    double shared = 0;
    for (const double overlap : overlaps) shared += overlap;
    const int64_t all = image.pairs + image.lost + image.gained;
    if (all > 0) image.share = shared / static_cast<double>(all);
    result.pairs += image.pairs, result.lost += image.lost, result.gained += image.gained, sum += shared;
    result.images.push_back(image);
    ImageDetections scene{{}, second[i].found};
    for (const Detection* one : best_first(first[i].found, min_score))
      scene.objects.push_back({.box = one->box, .label = one->label, .area = one->box.area()});
    as_truth.push_back(std::move(scene));
  }
  if (result.pairs > 0) result.mean_iou = sum / static_cast<double>(result.pairs);
  result.as_truth = coco_ap(as_truth, classes);
  return result;
}

}  // namespace galet::evaluate
