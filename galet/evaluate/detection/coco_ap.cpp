// The order of every step is pycocotools' (cocoeval.py), which decides where scores or overlaps are equal: stable sorts, objects that do
// not count behind those that do, the last of equal overlaps.
#include <algorithm>
#include <cmath>
#include <numeric>

#include "galet/core/error.h"
#include "galet/evaluate/detection/average_precision.h"
#include "galet/evaluate/detection/overlap.h"

namespace galet::evaluate {
namespace {

constexpr size_t kThresholds = 10, kRecalls = std::tuple_size_v<PrecisionCurve>, kAreas = 4;
constexpr std::array<size_t, 3> kMost{1, 10, 100};
constexpr double kHuge = 1e5 * 1e5;
constexpr std::array<std::array<double, 2>, kAreas> kAreaRanges{{{0, kHuge}, {0, 32 * 32}, {32 * 32, 96 * 96}, {96 * 96, kHuge}}};

/// numpy.linspace(low, high, n)[i]
double linspace(double low, double high, size_t n, size_t i) {
  return i + 1 == n ? high : static_cast<double>(i) * ((high - low) / static_cast<double>(n - 1)) + low;
}

/// One image and one class: detections by falling score, at most 100, and their overlaps with the objects.
struct Scene {
  std::vector<const data::Annotation*> objects;
  std::vector<const Detection*> found;
  std::vector<double> overlaps;  // (found, objects)
};

Scene scene_of(const ImageDetections& image, int label) {
  Scene scene;
  for (const data::Annotation& one : image.objects)
    if (one.label == label) scene.objects.push_back(&one);
  for (const Detection& one : image.found)
    if (one.label == label) scene.found.push_back(&one);
  std::stable_sort(scene.found.begin(), scene.found.end(), [](const Detection* a, const Detection* b) { return a->score > b->score; });
  if (scene.found.size() > kMost.back()) scene.found.resize(kMost.back());
  for (const Detection* found : scene.found)
    for (const data::Annotation* object : scene.objects) scene.overlaps.push_back(overlap_share(found->box, object->box, object->crowd));
  return scene;
}

enum class Verdict : uint8_t { wrong, right, ignored };

/// What each detection of a scene is, at one threshold and range of areas; found (by falling score).
struct Judged {
  std::vector<float> scores;
  std::vector<Verdict> verdicts;
};

struct Range {
  double low, high;
  bool holds(double area) const { return area >= low && area <= high; }
};

/// `to_find` grows by the objects that count.
Judged judge(const Scene& scene, double threshold, Range range, int64_t& to_find) {
  const size_t n = scene.objects.size();
  std::vector<size_t> order;
  const auto ignored = [&](size_t g) { return scene.objects[g]->crowd || !range.holds(scene.objects[g]->area); };
  for (const bool late : {false, true})
    for (size_t g = 0; g < n; ++g)
      if (ignored(g) == late) order.push_back(g);
  for (size_t g = 0; g < n; ++g) to_find += ignored(g) ? 0 : 1;
  std::vector<bool> taken(n, false);
  Judged judged;
  for (size_t d = 0; d < scene.found.size(); ++d) {
    double best = std::min(threshold, 1 - 1e-10);
    size_t match = n;
    for (const size_t g : order) {
      if (taken[g] && !scene.objects[g]->crowd) continue;
      if (match < n && !ignored(match) && ignored(g)) break;
      if (scene.overlaps[d * n + g] < best) continue;
      best = scene.overlaps[d * n + g];
      match = g;
    }
    Verdict verdict = Verdict::wrong;
    if (match < n) {
      taken[match] = true;
      verdict = ignored(match) ? Verdict::ignored : Verdict::right;
    } else if (!range.holds(box_area(scene.found[d]->box))) {
      verdict = Verdict::ignored;
    }
    judged.scores.push_back(scene.found[d]->score);
    judged.verdicts.push_back(verdict);
  }
  return judged;
}

struct Point {
  PrecisionCurve curve{};
  double precision = 0, recall = 0;  // mean of the curve; the highest recall reached
};

Point accumulate(const std::vector<Judged>& images, size_t most, int64_t to_find) {
  std::vector<std::pair<float, Verdict>> all;
  for (const Judged& image : images)
    for (size_t d = 0; d < std::min(most, image.scores.size()); ++d) all.emplace_back(image.scores[d], image.verdicts[d]);
  std::stable_sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
  std::vector<double> recalls, precisions;
  double right = 0, wrong = 0;
  for (const auto& [score, verdict] : all) {
    right += verdict == Verdict::right ? 1 : 0;
    wrong += verdict == Verdict::wrong ? 1 : 0;
    recalls.push_back(right / static_cast<double>(to_find));
    precisions.push_back(right / (right + wrong + 0x1p-52));
  }
  for (size_t i = precisions.size(); i-- > 1;) precisions[i - 1] = std::max(precisions[i - 1], precisions[i]);
  Point point;
  for (size_t r = 0; r < kRecalls; ++r) {
    const auto at = std::lower_bound(recalls.begin(), recalls.end(), linspace(0, 1, kRecalls, r)) - recalls.begin();
    if (static_cast<size_t>(at) < precisions.size()) point.precision += point.curve[r] = precisions[static_cast<size_t>(at)];
  }
  point.precision /= static_cast<double>(kRecalls);
  point.recall = recalls.empty() ? 0 : recalls.back();
  return point;
}

/// Mean of what was counted; -1 of nothing.
class Mean {
 public:
  void add(double value) { sum_ += value, ++n_; }
  double value() const { return n_ == 0 ? -1 : sum_ / static_cast<double>(n_); }

 private:
  double sum_ = 0;
  int64_t n_ = 0;
};

void check_labels(std::span<const ImageDetections> images, int classes) {
  const auto check = [&](int label, const char* what) {
    if (label < 0 || label >= classes) fail("average precision: {} of class {}, expected 0..{}", what, label, classes - 1);
  };
  for (const ImageDetections& image : images) {
    for (const data::Annotation& one : image.objects) check(one.label, "an object");
    for (const Detection& one : image.found) {
      check(one.label, "a detection");
      if (!std::isfinite(one.score)) fail("average precision: a detection with score {}", one.score);
    }
  }
}

}  // namespace

CocoResult coco_ap(std::span<const ImageDetections> images, int classes) {
  check_labels(images, classes);
  std::array<Mean, kCocoNumbers> means;
  const auto mean = [&](CocoNumber which) -> Mean& { return means[static_cast<size_t>(which)]; };
  CocoResult result;
  double present = 0;  // classes that have objects
  const auto add = [](PrecisionCurve& sum, const PrecisionCurve& curve) {
    for (size_t r = 0; r < kRecalls; ++r) sum[r] += curve[r];
  };
  for (int label = 0; label < classes; ++label) {
    std::vector<Scene> scenes;
    for (const ImageDetections& image : images) scenes.push_back(scene_of(image, label));
    Mean own, own50;
    result.class_precision50.emplace_back();
    for (size_t a = 0; a < kAreas; ++a)
      for (size_t t = 0; t < kThresholds; ++t) {
        std::vector<Judged> judged;
        int64_t to_find = 0;
        for (const Scene& scene : scenes)
          judged.push_back(judge(scene, linspace(.5, .95, kThresholds, t), {kAreaRanges[a][0], kAreaRanges[a][1]}, to_find));
        if (to_find == 0) continue;
        const Point all = accumulate(judged, kMost[2], to_find);
        means[a == 0 ? 0 : 2 + a].add(all.precision);
        means[a == 0 ? 8 : 8 + a].add(all.recall);
        if (a != 0) continue;
        own.add(all.precision);
        if (t == 0) {
          mean(CocoNumber::ap50).add(all.precision), own50.add(all.precision), add(result.precision50, all.curve);
          result.class_precision50.back() = all.curve;
          ++present;
        }
        if (t == 5) mean(CocoNumber::ap75).add(all.precision), add(result.precision75, all.curve);
        mean(CocoNumber::ar1).add(accumulate(judged, kMost[0], to_find).recall);
        mean(CocoNumber::ar10).add(accumulate(judged, kMost[1], to_find).recall);
      }
    result.class_ap.push_back(own.value());
    result.class_ap50.push_back(own50.value());
  }
  for (PrecisionCurve* sum : {&result.precision50, &result.precision75})
    for (double& precision : *sum) precision /= std::max(present, 1.0);
  for (size_t i = 0; i < kCocoNumbers; ++i) result.numbers[i] = means[i].value();
  return result;
}

std::string coco_lines(const CocoResult& result) {
  static constexpr std::array<const char*, kCocoNumbers> kNames{"Average Precision  (AP) @[ IoU=0.50:0.95 | area=   all | maxDets=100 ]",
                                                                "Average Precision  (AP) @[ IoU=0.50      | area=   all | maxDets=100 ]",
                                                                "Average Precision  (AP) @[ IoU=0.75      | area=   all | maxDets=100 ]",
                                                                "Average Precision  (AP) @[ IoU=0.50:0.95 | area= small | maxDets=100 ]",
                                                                "Average Precision  (AP) @[ IoU=0.50:0.95 | area=medium | maxDets=100 ]",
                                                                "Average Precision  (AP) @[ IoU=0.50:0.95 | area= large | maxDets=100 ]",
                                                                "Average Recall     (AR) @[ IoU=0.50:0.95 | area=   all | maxDets=  1 ]",
                                                                "Average Recall     (AR) @[ IoU=0.50:0.95 | area=   all | maxDets= 10 ]",
                                                                "Average Recall     (AR) @[ IoU=0.50:0.95 | area=   all | maxDets=100 ]",
                                                                "Average Recall     (AR) @[ IoU=0.50:0.95 | area= small | maxDets=100 ]",
                                                                "Average Recall     (AR) @[ IoU=0.50:0.95 | area=medium | maxDets=100 ]",
                                                                "Average Recall     (AR) @[ IoU=0.50:0.95 | area= large | maxDets=100 ]"};
  std::string text;
  for (size_t i = 0; i < kCocoNumbers; ++i) text += fmt::format(" {} = {:.3f}\n", kNames[i], result.numbers[i]);
  return text;
}

}  // namespace galet::evaluate
