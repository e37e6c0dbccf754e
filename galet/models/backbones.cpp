#include "galet/models/backbones.h"

namespace galet::models {

Features backbone(Builder& b, std::string_view name, Naming naming, const std::string& prefix) {
  if (name == "resnet18" || name == "resnet34" || name == "resnet50") return resnet_features(b, name, naming, prefix);
  if (name == "mobilenet_v3_small" || name == "mobilenet_v3_large") return mobilenet_v3_features(b, name.ends_with("large"), prefix);
  fail("unknown backbone \"{}\", expected {}", name, kBackbones);
}

}  // namespace galet::models
