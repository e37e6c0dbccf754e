// Average precision of detections, as COCO and as Pascal VOC count it.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "galet/core/box.h"
#include "galet/data/dataset.h"

namespace galet::evaluate {

/// One image: what is there, and what was found. Boxes in pixels of the image.
struct ImageDetections {
  std::vector<data::Annotation> objects;
  std::vector<Detection> found;  // any order; of equal scores the first counts as the better one
};

/// COCO's twelve numbers; -1 where nothing of the kind is to be found.
enum class CocoNumber : uint8_t { ap, ap50, ap75, ap_small, ap_medium, ap_large, ar1, ar10, ar100, ar_small, ar_medium, ar_large };
inline constexpr size_t kCocoNumbers = 12;

/// Precision at recalls 0, 0.01 .. 1: the best that is reached with that recall or more.
using PrecisionCurve = std::array<double, 101>;

struct CocoResult {
  std::array<double, kCocoNumbers> numbers{};
  std::vector<double> class_ap, class_ap50;       // by class, -1 where it has no object
  PrecisionCurve precision50{}, precision75{};    // at IoU 0.50 and 0.75, means over the classes that have objects
  std::vector<PrecisionCurve> class_precision50;  // by class, 0 where it has no object
  double operator[](CocoNumber which) const { return numbers[static_cast<size_t>(which)]; }
};

/// As pycocotools computes it: IoU of 0.50, 0.55 .. 0.95; precision at 101 recalls; areas below 32^2 are small and from 96^2 on large; at
/// most 100 detections an image and class; crowds (whose IoU is the share of the detection that lies in them) and objects outside the range
/// of areas are neither right nor wrong. Labels of 0 .. classes - 1. Throws Error for others.
CocoResult coco_ap(std::span<const ImageDetections> images, int classes);

/// The twelve lines that pycocotools prints.
std::string coco_lines(const CocoResult& result);

enum class VocRule : uint8_t { points11, area };

struct VocResult {
  double mean = -1;              // over classes that occur
  std::vector<double> class_ap;  // -1 where the class has no object
};

/// As the development kits of 2007 (mean of the best precision at recalls 0, 0.1 .. 1) and of 2010 and later (area under the curve made
/// monotone) do: a detection belongs to the object that it overlaps most, and is right if the IoU is at least `threshold` and nothing
/// better found that object. Difficult objects and crowds are neither right nor wrong.
VocResult voc_ap(std::span<const ImageDetections> images, int classes, VocRule rule, double threshold = 0.5);

}  // namespace galet::evaluate
