// What RetinaNet and FCOS share: a feature pyramid P3..P7, convolutions whose weights serve all its levels, heads as rows of boxes.
#pragma once

#include <array>

#include "galet/models/backbones.h"

namespace galet::models {

inline constexpr size_t kLevels = 5;
inline constexpr int64_t kPyramidWidth = 256;
using Pyramid = std::array<ValueId, kLevels>;

/// detectron2's FPN over res3, res4 and res5, names PREFIX + fpn_lateral3 ...; P6 and P7 are convolutions of stride 2, of res5 (RetinaNet)
/// or P5 (FCOS). Option fpn: "none", "bn" or "bn_relu" (after every lateral and output convolution).
Pyramid pyramid(Builder& b, const std::string& prefix, const Features& features, bool from_p5);

/// Four 3x3 convolutions with relu, NAME.0 and so on as torch.nn.Sequential counts them. Option head: "none", "gn" (32 groups), "bn" (one
/// for all levels) or "bn_per_level" (NAME.1.LEVEL: AdelaiDet's ModuleListDial).
Pyramid tower(Builder& b, const std::string& name, const Pyramid& levels);

/// One convolution for every level; its nodes are NAME, NAME_1, ...
Pyramid shared_conv(Builder& b, const std::string& name, const Pyramid& levels, int64_t out, const Init& bias);

/// (1, anchors * columns, h, w) to (1, h * w * anchors, columns).
ValueId as_rows(Builder& b, const std::string& name, ValueId map, int64_t columns);
/// All levels, one after the other.
ValueId join(Builder& b, const std::string& name, std::vector<ValueId> rows);

/// Pixels that a place of the level spans: 8, 16 .. 128.
inline int64_t stride_of(size_t level) { return int64_t{8} << level; }

/// detectron2's: blue first, values in 0..255, means, no deviation.
Preprocessing detectron2_preprocessing();

}  // namespace galet::models
