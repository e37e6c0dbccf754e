// ResNet-18, 34 and 50 (He et al. 2015), with torchvision's names; the stride of a bottleneck is on its 3x3 convolution, as there.
#include <array>

#include "galet/models/builder.h"
#include "galet/models/preprocessing.h"

namespace galet::models {
namespace {

ValueId shortcut(Builder& b, const std::string& name, ValueId x, int64_t out, int64_t stride) {
  if (stride == 1 && b.shape(x)[1] == out) return x;
  return b.batch_norm(name + ".downsample.1", b.conv(name + ".downsample.0", x, {.out = out, .stride = stride}));
}

ValueId basic_block(Builder& b, const std::string& name, ValueId x, int64_t width, int64_t stride) {
  ValueId y = b.conv(name + ".conv1", x, {.out = width, .kernel = 3, .stride = stride});
  y = b.relu(name + ".relu", b.batch_norm(name + ".bn1", y));
  y = b.batch_norm(name + ".bn2", b.conv(name + ".conv2", y, {.out = width, .kernel = 3}));
  return b.relu(name + ".relu_1", b.add(name + ".add", y, shortcut(b, name, x, width, stride)));
}

ValueId bottleneck(Builder& b, const std::string& name, ValueId x, int64_t width, int64_t stride) {
  ValueId y = b.relu(name + ".relu", b.batch_norm(name + ".bn1", b.conv(name + ".conv1", x, {.out = width})));
  y = b.conv(name + ".conv2", y, {.out = width, .kernel = 3, .stride = stride});
  y = b.relu(name + ".relu_1", b.batch_norm(name + ".bn2", y));
  y = b.batch_norm(name + ".bn3", b.conv(name + ".conv3", y, {.out = 4 * width}));
  return b.relu(name + ".relu_2", b.add(name + ".add", y, shortcut(b, name, x, 4 * width, stride)));
}

template <auto block, int... kBlocks>
void build(Builder& b) {
  ValueId x = b.conv("conv1", b.input(), {.out = 64, .kernel = 7, .stride = 2});
  x = b.max_pool("maxpool", b.relu("relu", b.batch_norm("bn1", x)), 3, 2, 1);
  const std::array<int, 4> blocks{kBlocks...};
  for (int stage = 0; stage < 4; ++stage)
    for (int i = 0; i < blocks[static_cast<size_t>(stage)]; ++i)
      x = block(b, fmt::format("layer{}.{}", stage + 1, i), x, int64_t{64} << stage, stage > 0 && i == 0 ? 2 : 1);
  x = b.flatten("flatten", b.global_average_pool("avgpool", x));
  b.result = b.linear("fc", x, b.classes());
}

Model torchvision_model(std::string_view name, void (*with)(Builder&)) {
  return {.name = name, .classes = 1000, .size = 224, .shortcuts = {}, .preprocessing = imagenet(), .build = with};
}

}  // namespace

Model resnet18() { return torchvision_model("resnet18", build<basic_block, 2, 2, 2, 2>); }
Model resnet34() { return torchvision_model("resnet34", build<basic_block, 3, 4, 6, 3>); }
Model resnet50() { return torchvision_model("resnet50", build<bottleneck, 3, 4, 6, 3>); }

}  // namespace galet::models
