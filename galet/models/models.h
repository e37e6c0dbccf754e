// Networks by name, as graphs: where weights from elsewhere are linked in, and where training starts.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "galet/ir/graph.h"

namespace galet::models {

class Builder;

/// What may be chosen about a model; zero and empty fields mean the model's own.
struct Options {
  int64_t classes = 0;
  int64_t height = 0, width = 0;  // of the input, in pixels
  std::string shortcut{};  // resnet20/32/56: "A" (every second pixel, padded with zero channels; no parameters) or "B" (1x1 convolution)
  std::string backbone{};  // detectors: resnet18, resnet34, resnet50, mobilenet_v3_small, mobilenet_v3_large
  std::string fpn{};       // retinanet, fcos: what follows the pyramid's convolutions: none, bn, bn_relu
  std::string head{};      // retinanet, fcos: norms of the towers: none, gn, bn, bn_per_level (a batch norm for each level, not shared)
  uint64_t seed = 0;       // of the initial weights; each parameter has a generator of its own, seeded by this and its name
  /// Asked first for each parameter (f32, of exactly this shape); an absent tensor means: as the model's source initialises it.
  std::function<Tensor(const std::string& name, const Shape& shape)> parameter{};
};

/// What a detector has besides; empty fields are not for it.
struct DetectorTraits {
  std::string_view backbone{};  // the default
  int64_t stride = 0;           // that height and width of the input must divide by
  bool pyramid = false;         // has the options fpn and head
  std::string_view head{};      // the default
};

struct Model {
  std::string_view name;
  int64_t classes = 0, size = 0;  // defaults: classes; height and width
  std::string_view shortcuts;     // the shortcuts that Options may choose, the default first; empty: no choice
  Preprocessing preprocessing;    // for the default size
  void (*build)(Builder& b) = nullptr;
  DetectorTraits detector{};
  bool detects() const { return !detector.backbone.empty(); }
};

std::span<const Model> all();
std::vector<std::string> names();
/// Throws Error for an unknown name, with the known ones. "centernet-resnet18" is centernet.
const Model& get(std::string_view name);
bool is_name(std::string_view name);

/// Detectors give "detections", (1, k, 6) (docs/detectors.md), and have the names of CenterNet's repository, detectron2 and AdelaiDet;
/// "fcos-resnet18" chooses the backbone too.
/// The network with one input "input" (1x3xHxW) and one output "output" (1xclasses, no softmax). Batch norms are nodes of their own. Every
/// parameter is a constant with the name that torchvision (akamaster/pytorch_resnet_cifar10 for resnet20/32/56) gives it:
/// "layer1.0.conv1.weight", "layer1.0.bn1.running_mean"; nodes have their modules' names. info.name is the model's name, metadata "model"
/// says what was chosen, info.preprocessing is what the source trains with (assumed: nobody gave it). Throws Error for unknown names,
/// options that the model does not have, and inputs too small for it.
Graph build(std::string_view name, const Options& options = {});

}  // namespace galet::models
