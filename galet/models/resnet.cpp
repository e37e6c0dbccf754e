// ResNet-18, 34 and 50 (He et al. 2015), with torchvision's names; the stride of a bottleneck is on its 3x3 convolution, as there.
#include <array>

#include "galet/models/backbones.h"
#include "galet/models/preprocessing.h"

namespace galet::models {
namespace {

/// Names of a block's parts: torchvision's conv1, bn1, downsample.0, or detectron2's conv1, conv1.norm, shortcut.
struct Names {
  Naming naming;
  std::string norm(const std::string& block, int i) const {
    return naming == Naming::torchvision ? fmt::format("{}.bn{}", block, i) : fmt::format("{}.conv{}.norm", block, i);
  }
  std::string shortcut(const std::string& block) const { return block + (naming == Naming::torchvision ? ".downsample.0" : ".shortcut"); }
  std::string shortcut_norm(const std::string& block) const {
    return block + (naming == Naming::torchvision ? ".downsample.1" : ".shortcut.norm");
  }
  std::string stage(const std::string& prefix, int i) const {
    return naming == Naming::torchvision ? fmt::format("{}layer{}", prefix, i + 1) : fmt::format("{}res{}", prefix, i + 2);
  }
};

ValueId shortcut(Builder& b, const Names& names, const std::string& name, ValueId x, int64_t out, int64_t stride) {
  if (stride == 1 && b.shape(x)[1] == out) return x;
  return b.batch_norm(names.shortcut_norm(name), b.conv(names.shortcut(name), x, {.out = out, .stride = stride}));
}

ValueId basic_block(Builder& b, const Names& names, const std::string& name, ValueId x, int64_t width, int64_t stride) {
  ValueId y = b.conv(name + ".conv1", x, {.out = width, .kernel = 3, .stride = stride});
  y = b.relu(name + ".relu", b.batch_norm(names.norm(name, 1), y));
  y = b.batch_norm(names.norm(name, 2), b.conv(name + ".conv2", y, {.out = width, .kernel = 3}));
  return b.relu(name + ".relu_1", b.add(name + ".add", y, shortcut(b, names, name, x, width, stride)));
}

ValueId bottleneck(Builder& b, const Names& names, const std::string& name, ValueId x, int64_t width, int64_t stride) {
  ValueId y = b.relu(name + ".relu", b.batch_norm(names.norm(name, 1), b.conv(name + ".conv1", x, {.out = width})));
  y = b.conv(name + ".conv2", y, {.out = width, .kernel = 3, .stride = stride});
  y = b.relu(name + ".relu_1", b.batch_norm(names.norm(name, 2), y));
  y = b.batch_norm(names.norm(name, 3), b.conv(name + ".conv3", y, {.out = 4 * width}));
  return b.relu(name + ".relu_2", b.add(name + ".add", y, shortcut(b, names, name, x, 4 * width, stride)));
}

constexpr std::array<int, 4> blocks_of(std::string_view name) {
  return name == "resnet18" ? std::array{2, 2, 2, 2} : std::array{3, 4, 6, 3};
}

template <size_t kLayers>
void build(Builder& b) {
  const std::string name = "resnet" + std::to_string(kLayers);
  ValueId x = resnet_features(b, name, Naming::torchvision, "")[3];
  x = b.flatten("flatten", b.global_average_pool("avgpool", x));
  b.result = b.linear("fc", x, b.classes());
}

Model torchvision_model(std::string_view name, void (*with)(Builder&)) {
  return {.name = name, .classes = 1000, .size = 224, .shortcuts = {}, .preprocessing = imagenet(), .build = with};
}

}  // namespace

Features resnet_features(Builder& b, std::string_view name, Naming naming, const std::string& prefix) {
  const Names names{naming};
  const std::string stem = naming == Naming::torchvision ? prefix + "conv1" : prefix + "stem.conv1",
                    stem_norm = naming == Naming::torchvision ? prefix + "bn1" : prefix + "stem.conv1.norm";
  ValueId x = b.conv(stem, b.input(), {.out = 64, .kernel = 7, .stride = 2});
  x = b.max_pool(prefix + "maxpool", b.relu(prefix + "relu", b.batch_norm(stem_norm, x)), 3, 2, 1);
  const auto block = name == "resnet50" ? bottleneck : basic_block;
  const std::array<int, 4> blocks = blocks_of(name);
  Features features{};
  for (size_t stage = 0; stage < 4; ++stage) {
    for (int i = 0; i < blocks[stage]; ++i)
      x = block(b, names, fmt::format("{}.{}", names.stage(prefix, static_cast<int>(stage)), i), x, int64_t{64} << stage,
                stage > 0 && i == 0 ? 2 : 1);
    features[stage] = x;
  }
  return features;
}

Model resnet18() { return torchvision_model("resnet18", build<18>); }
Model resnet34() { return torchvision_model("resnet34", build<34>); }
Model resnet50() { return torchvision_model("resnet50", build<50>); }

}  // namespace galet::models
