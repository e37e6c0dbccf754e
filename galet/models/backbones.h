// Feature maps of the networks that detectors stand on, under the names that the detectors' sources give them.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "galet/models/builder.h"

namespace galet::models {

/// How a detector's source calls the parts of a network.
enum class Naming : uint8_t {
  torchvision,  // conv1, bn1, layer1.0.conv1, layer1.0.downsample.0, features.0.0
  detectron2,   // PREFIX + stem.conv1, stem.conv1.norm, res2.0.conv1, res2.0.conv1.norm, res2.0.shortcut
};

/// Maps at 1/4, 1/8, 1/16 and 1/32 of the input.
using Features = std::array<ValueId, 4>;

inline constexpr std::string_view kBackbones = "resnet18, resnet34, resnet50, mobilenet_v3_small or mobilenet_v3_large";

/// Throws Error for an unknown name.
Features backbone(Builder& b, std::string_view name, Naming naming, const std::string& prefix = "");

// One for each file of networks.
Features resnet_features(Builder& b, std::string_view name, Naming naming, const std::string& prefix);
Features mobilenet_v3_features(Builder& b, bool large, const std::string& prefix);

}  // namespace galet::models
