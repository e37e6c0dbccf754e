#include "galet/pipeline/report_detector.h"

#include <algorithm>
#include <numeric>

#include "galet/core/error.h"
#include "galet/data/resize.h"
#include "galet/report/draw_detections.h"

namespace galet::pipeline {
namespace {

constexpr int kWidth = 420, kHeight = 420;  // of each half of a picture, at most
constexpr int kGap = 8;

/// One form's boxes on the image, in a size for a page.
data::Image drawn(const data::Image& image, std::vector<Detection> found, float min_score, const std::vector<std::string>& names) {
  std::erase_if(found, [&](const Detection& one) { return one.score < min_score; });
  data::Image full = report::draw_detections(image, found, names);
  const double factor = std::min({1.0, static_cast<double>(kWidth) / full.width, static_cast<double>(kHeight) / full.height});
  if (factor == 1) return full;
  return data::resize_bilinear(full, std::max(1, static_cast<int>(factor * full.width)),
                               std::max(1, static_cast<int>(factor * full.height)));
}

data::Image side_by_side(const data::Image& left, const data::Image& right) {
  data::Image both(left.width + kGap + right.width, std::max(left.height, right.height), 3);
  std::fill(both.pixels.begin(), both.pixels.end(), uint8_t{255});
  const auto put = [&](const data::Image& image, int from) {
    for (int y = 0; y < image.height; ++y) std::copy_n(image.at(0, y), static_cast<ptrdiff_t>(image.width) * 3, both.at(from, y));
  };
  put(left, 0);
  put(right, left.width + kGap);
  return both;
}

}  // namespace

DetectorForm detect_form(const Graph& graph, const data::Dataset& dataset, int threads, Progress& progress) {
  if (!dataset.has_objects()) fail("{} says nothing of boxes: give coco:, voc:, yolo: or tidewrack_scenes:", dataset.description());
  DetectorForm form;
  evaluate::DetectOptions options;
  options.threads = threads;
  form.found = evaluate::detect(graph, dataset, options, progress);
  evaluate::relabel(form.found, graph.info.labels, dataset);
  form.coco = evaluate::coco_ap(form.found.images, static_cast<int>(dataset.class_names().size()));
  return form;
}

report::Detector detector_findings(const DetectorForm& first, const DetectorForm* last, const std::string& first_name,
                                   const std::string& last_name, const data::Dataset& dataset, int pictures) {
  report::Detector detector;
  detector.classes = dataset.class_names();
  detector.images = static_cast<int64_t>(first.found.images.size());
  if (last == nullptr) return detector;
  detector.agreement = evaluate::agreement(first.found.images, last->found.images, static_cast<int>(detector.classes.size()));
  const evaluate::DetectionAgreement& found = *detector.agreement;
  std::vector<evaluate::ImageAgreement> order = found.images;
  std::stable_sort(order.begin(), order.end(), [](const auto& a, const auto& b) { return a.share < b.share; });
  for (const evaluate::ImageAgreement& one : order) {
    if (static_cast<int>(detector.worst.size()) == pictures || one.share >= 1) break;
    const auto i = static_cast<size_t>(one.image);
    const data::Sample sample = dataset.get(one.image);
    const std::string counts = fmt::format("{} boxes alike, {} lost, {} new", one.pairs, one.lost, one.gained);
    detector.worst.push_back({fmt::format("worst_{}", detector.worst.size() + 1), fmt::format("{}: {}", sample.name, counts),
                              fmt::format("Boxes of {} on the left, of {} on the right: {}.", first_name, last_name, counts),
                              side_by_side(drawn(sample.image, first.found.images[i].found, found.min_score, detector.classes),
                                           drawn(sample.image, last->found.images[i].found, found.min_score, detector.classes))});
  }
  return detector;
}

}  // namespace galet::pipeline
