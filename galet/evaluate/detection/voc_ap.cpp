#include <algorithm>

#include "galet/core/error.h"
#include "galet/evaluate/detection/average_precision.h"
#include "galet/evaluate/detection/overlap.h"

namespace galet::evaluate {
namespace {

struct Ranked {
  const Detection* found;
  size_t image;
};

struct Curve {
  std::vector<double> recalls, precisions;
};

double mean_of_points(const Curve& curve) {
  double sum = 0;
  for (int point = 0; point <= 10; ++point) {
    double best = 0;
    for (size_t i = 0; i < curve.recalls.size(); ++i)
      if (curve.recalls[i] >= static_cast<double>(point) / 10) best = std::max(best, curve.precisions[i]);
    sum += best;
  }
  return sum / 11;
}

double area_below(Curve curve) {
  for (size_t i = curve.precisions.size(); i-- > 1;) curve.precisions[i - 1] = std::max(curve.precisions[i - 1], curve.precisions[i]);
  double area = 0, before = 0;
  for (size_t i = 0; i < curve.recalls.size(); ++i) {
    area += (curve.recalls[i] - before) * curve.precisions[i];
    before = curve.recalls[i];
  }
  return area;
}

Curve curve_of(std::span<const ImageDetections> images, int label, double threshold, int64_t to_find) {
  std::vector<Ranked> ranked;
  std::vector<std::vector<bool>> taken(images.size());
  for (size_t i = 0; i < images.size(); ++i) {
    taken[i].resize(images[i].objects.size());
    for (const Detection& one : images[i].found)
      if (one.label == label) ranked.push_back({&one, i});
  }
  std::stable_sort(ranked.begin(), ranked.end(), [](const Ranked& a, const Ranked& b) { return a.found->score > b.found->score; });
  Curve curve;
  double right = 0, wrong = 0;
  for (const auto& [found, image] : ranked) {
    const std::vector<data::Annotation>& objects = images[image].objects;
    double best = 0;
    size_t match = objects.size();
    for (size_t g = 0; g < objects.size(); ++g) {
      if (objects[g].label != label) continue;
      const double share = overlap_share(found->box, objects[g].box, false);
      if (share > best) best = share, match = g;
    }
    const bool near = match < objects.size() && best >= threshold;
    if (near && (objects[match].difficult || objects[match].crowd)) continue;
    if (near && !taken[image][match]) {
      taken[image][match] = true;
      ++right;
    } else {
      ++wrong;
    }
    curve.recalls.push_back(right / static_cast<double>(to_find));
    curve.precisions.push_back(right / (right + wrong));
  }
  return curve;
}

}  // namespace

VocResult voc_ap(std::span<const ImageDetections> images, int classes, VocRule rule, double threshold) {
  VocResult result;
  double sum = 0;
  int64_t counted = 0;
  for (int label = 0; label < classes; ++label) {
    int64_t to_find = 0;
    for (const ImageDetections& image : images)
      for (const data::Annotation& one : image.objects) to_find += one.label == label && !one.difficult && !one.crowd ? 1 : 0;
    result.class_ap.push_back(-1);
    if (to_find == 0) continue;
    const Curve curve = curve_of(images, label, threshold, to_find);
    result.class_ap.back() = rule == VocRule::points11 ? mean_of_points(curve) : area_below(curve);
    sum += result.class_ap.back(), ++counted;
  }
  if (counted > 0) result.mean = sum / static_cast<double>(counted);
  return result;
}

}  // namespace galet::evaluate
