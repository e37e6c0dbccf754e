// MobileNetV3 small and large (Howard et al. 2019), with torchvision's names: squeeze-and-excitation by two 1x1 convolutions and a hard
// sigmoid, hard swish in the later blocks, batch norms with epsilon 0.001.
#include "galet/models/backbones.h"
#include "galet/models/preprocessing.h"

namespace galet::models {
namespace {

constexpr float kEpsilon = 0.001f;

enum class Act { none, relu, hard_swish };

struct Block {
  int64_t kernel, hidden, out;
  bool squeeze;
  Act act;
  int64_t stride;
};

constexpr Act kRelu = Act::relu, kHardSwish = Act::hard_swish;
constexpr Block kSmall[] = {
    {3, 16, 16, true, kRelu, 2},       {3, 72, 24, false, kRelu, 2},      {3, 88, 24, false, kRelu, 1},
    {5, 96, 40, true, kHardSwish, 2},  {5, 240, 40, true, kHardSwish, 1}, {5, 240, 40, true, kHardSwish, 1},
    {5, 120, 48, true, kHardSwish, 1}, {5, 144, 48, true, kHardSwish, 1}, {5, 288, 96, true, kHardSwish, 2},
    {5, 576, 96, true, kHardSwish, 1}, {5, 576, 96, true, kHardSwish, 1},
};
constexpr Block kLarge[] = {
    {3, 16, 16, false, kRelu, 1},       {3, 64, 24, false, kRelu, 2},       {3, 72, 24, false, kRelu, 1},
    {5, 72, 40, true, kRelu, 2},        {5, 120, 40, true, kRelu, 1},       {5, 120, 40, true, kRelu, 1},
    {3, 240, 80, false, kHardSwish, 2}, {3, 200, 80, false, kHardSwish, 1}, {3, 184, 80, false, kHardSwish, 1},
    {3, 184, 80, false, kHardSwish, 1}, {3, 480, 112, true, kHardSwish, 1}, {3, 672, 112, true, kHardSwish, 1},
    {5, 672, 160, true, kHardSwish, 2}, {5, 960, 160, true, kHardSwish, 1}, {5, 960, 160, true, kHardSwish, 1},
};

/// The multiple of 8 nearest to `channels` that is at least 8 and not more than a tenth smaller.
int64_t divisible_by_8(int64_t channels) {
  const int64_t rounded = std::max<int64_t>(8, (channels + 4) / 8 * 8);
  return rounded * 10 < channels * 9 ? rounded + 8 : rounded;
}

/// Convolution NAME.0, batch norm NAME.1, activation NAME.2.
ValueId conv_bn(Builder& b, const std::string& name, ValueId x, const Conv& conv, Act act) {
  x = b.batch_norm(name + ".1", b.conv(name + ".0", x, conv), kEpsilon);
  if (act == Act::relu) return b.relu(name + ".2", x);
  return act == Act::hard_swish ? b.op("hard_swish", name + ".2", {x}) : x;
}

ValueId squeeze_and_excite(Builder& b, const std::string& name, ValueId x) {
  const int64_t channels = b.shape(x)[1];
  ValueId scale = b.global_average_pool(name + ".avgpool", x);
  scale = b.relu(name + ".activation", b.conv(name + ".fc1", scale, {.out = divisible_by_8(channels / 4), .bias = true}));
  scale = b.conv(name + ".fc2", scale, {.out = channels, .bias = true});
  scale = b.op("hard_sigmoid", name + ".scale_activation", {scale}, {{"alpha", 1.0f / 6}, {"beta", 0.5f}});
  return b.op("mul", name + ".mul", {scale, x});
}

ValueId inverted_residual(Builder& b, const std::string& name, ValueId x, const Block& block) {
  const int64_t in = b.shape(x)[1];
  int i = 0;
  const auto next = [&] { return fmt::format("{}.block.{}", name, i++); };
  ValueId y = x;
  if (block.hidden != in) y = conv_bn(b, next(), y, {.out = block.hidden}, block.act);
  y = conv_bn(b, next(), y, {.out = block.hidden, .kernel = block.kernel, .stride = block.stride, .groups = block.hidden}, block.act);
  if (block.squeeze) y = squeeze_and_excite(b, next(), y);
  y = conv_bn(b, next(), y, {.out = block.out}, Act::none);
  return block.stride == 1 && in == block.out ? b.add(name + ".add", y, x) : y;
}

/// The blocks, and the maps at the ends of the strides 4, 8, 16 and 32, the last after the closing 1x1 convolution.
Features features_of(Builder& b, std::span<const Block> blocks, const std::string& prefix) {
  int i = 0;
  const auto next = [&] { return fmt::format("{}features.{}", prefix, i++); };
  ValueId x = conv_bn(b, next(), b.input(), {.out = 16, .kernel = 3, .stride = 2}, Act::hard_swish);
  Features features{};
  size_t level = 0;
  bool first = true;
  for (const Block& block : blocks) {
    if (block.stride == 2 && !first) features[level++] = x;
    // The first stride of 2 leads to 1/4; large has a block at 1/2 before it.
    first = first && block.stride == 1;
    x = inverted_residual(b, next(), x, block);
  }
  features[level] = conv_bn(b, next(), x, {.out = 6 * blocks.back().out}, Act::hard_swish);
  return features;
}

void build(Builder& b, std::span<const Block> blocks, int64_t last) {
  ValueId x = b.flatten("flatten", b.global_average_pool("avgpool", features_of(b, blocks, "")[3]));
  x = b.op("hard_swish", "classifier.1", {b.linear("classifier.0", x, last, true, normal_001, all_zeros)});
  b.result = b.linear("classifier.3", x, b.classes(), true, normal_001, all_zeros);
}

Model torchvision_model(std::string_view name, void (*with)(Builder&)) {
  return {.name = name, .classes = 1000, .size = 224, .shortcuts = {}, .preprocessing = imagenet(), .build = with};
}

}  // namespace

Features mobilenet_v3_features(Builder& b, bool large, const std::string& prefix) {
  return large ? features_of(b, kLarge, prefix) : features_of(b, kSmall, prefix);
}

Model mobilenet_v3_small() {
  return torchvision_model("mobilenet_v3_small", [](Builder& b) { build(b, kSmall, 1024); });
}
Model mobilenet_v3_large() {
  return torchvision_model("mobilenet_v3_large", [](Builder& b) { build(b, kLarge, 1280); });
}

}  // namespace galet::models
