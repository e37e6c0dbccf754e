// What heads that give one row a box should say of an image: the class of each row and the box that it should find.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "galet/data/dataset.h"
#include "galet/detect/heads.h"

namespace galet::detect {

inline constexpr int32_t kBackground = -1, kNobody = -2;  // kNobody: the row's score counts nothing

struct RowTargets {
  std::vector<int32_t> labels;    // a class, kBackground or kNobody
  std::vector<Box> boxes;         // of rows with a class
  std::vector<float> centerness;  // of FCOS, of rows with a class: sqrt(min(l, r) / max(l, r) * min(t, b) / max(t, b))
};

/// FCOS (Tian et al. 2019): a point finds an object if it lies in its box, not more than 1.5 strides from its centre (along x and y), and
/// the longest of its distances to the box's sides is within the level's range: up to 8 strides, and from 4 on but for the first level; the
/// last one takes all that is larger. Of several objects the smallest. Points inside a crowd that find nothing are nobody's.
RowTargets point_targets(std::span<const data::Annotation> objects, std::span<const float> points, std::span<const Level> levels);

enum class Assignment : uint8_t {
  iou,   // an anchor finds the object that it overlaps most, if by 0.5; less than 0.4 is background, between is nobody's. The best anchors
         // of an object have a class always (detectron2's low-quality matches)
  atss,  // Zhang et al. 2020: of the 9 anchors a level nearest to an object's centre, those whose overlap is at least mean + deviation of
         // theirs, if they have their centre in the box; the rest is background
};
Assignment parse_assignment(const std::string& name);

/// `anchors`: edges. Anchors half in a crowd that find nothing are nobody's.
RowTargets anchor_targets(std::span<const data::Annotation> objects, std::span<const float> anchors, std::span<const Level> levels,
                          Assignment assignment);

}  // namespace galet::detect
