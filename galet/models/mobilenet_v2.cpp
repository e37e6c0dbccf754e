// MobileNetV2 (Sandler et al. 2018), with torchvision's names.
#include "galet/models/builder.h"
#include "galet/models/preprocessing.h"

namespace galet::models {
namespace {

struct Stage {
  int64_t expansion, out, blocks, stride;
};
constexpr Stage kStages[] = {{1, 16, 1, 1}, {6, 24, 2, 2}, {6, 32, 3, 2}, {6, 64, 4, 2}, {6, 96, 3, 1}, {6, 160, 3, 2}, {6, 320, 1, 1}};

/// Convolution NAME.0, batch norm NAME.1, relu6 NAME.2.
ValueId conv_bn_relu6(Builder& b, const std::string& name, ValueId x, const Conv& conv) {
  return b.relu6(name + ".2", b.batch_norm(name + ".1", b.conv(name + ".0", x, conv)));
}

ValueId inverted_residual(Builder& b, const std::string& name, ValueId x, const Stage& stage, int64_t stride) {
  const int64_t in = b.shape(x)[1], hidden = in * stage.expansion;
  int i = 0;
  const auto next = [&] { return fmt::format("{}.conv.{}", name, i++); };
  ValueId y = x;
  if (stage.expansion != 1) y = conv_bn_relu6(b, next(), y, {.out = hidden});
  y = conv_bn_relu6(b, next(), y, {.out = hidden, .kernel = 3, .stride = stride, .groups = hidden});
  y = b.conv(next(), y, {.out = stage.out});
  y = b.batch_norm(next(), y);
  return stride == 1 && in == stage.out ? b.add(name + ".add", x, y) : y;
}

void build(Builder& b) {
  int i = 0;
  const auto next = [&] { return fmt::format("features.{}", i++); };
  ValueId x = conv_bn_relu6(b, next(), b.input(), {.out = 32, .kernel = 3, .stride = 2});
  for (const Stage& stage : kStages)
    for (int64_t k = 0; k < stage.blocks; ++k) x = inverted_residual(b, next(), x, stage, k == 0 ? stage.stride : 1);
  x = conv_bn_relu6(b, next(), x, {.out = 1280});
  x = b.flatten("flatten", b.global_average_pool("avgpool", x));
  b.result = b.linear("classifier.1", x, b.classes(), true, normal_001, all_zeros);
}

}  // namespace

Model mobilenet_v2() {
  return {.name = "mobilenet_v2", .classes = 1000, .size = 224, .shortcuts = {}, .preprocessing = imagenet(), .build = build};
}

}  // namespace galet::models
