// ResNet-20/32/56 for small images: 3x3 convolutions in three stages of 16, 32 and 64 channels (He et al. 2015, "Deep residual learning",
// section 4.2), with the names of akamaster/pytorch_resnet_cifar10. Shortcut A takes every second pixel and pads with zero channels on
// both sides; B is a 1x1 convolution and a batch norm.
#include "galet/models/builder.h"
#include "galet/models/preprocessing.h"

namespace galet::models {
namespace {

ValueId shortcut(Builder& b, const std::string& name, ValueId x, int64_t out, int64_t stride) {
  const Shape src = b.shape(x);
  if (stride == 1 && src[1] == out) return x;
  if (b.shortcut() == "B") {
    const Conv conv{.out = out, .stride = stride, .weight_init = kaiming_normal_in};
    return b.batch_norm(name + ".shortcut.1", b.conv(name + ".shortcut.0", x, conv));
  }
  x = b.op("slice", name + ".shortcut.slice", {x},
           {{"starts", Ints{0, 0}}, {"ends", Ints{src[2], src[3]}}, {"axes", Ints{2, 3}}, {"steps", Ints{stride, stride}}});
  return b.op("pad", name + ".shortcut.pad", {x}, {{"pads", Ints{0, out / 4, 0, 0, 0, out / 4, 0, 0}}});
}

ValueId block(Builder& b, const std::string& name, ValueId x, int64_t out, int64_t stride) {
  const Conv first{.out = out, .kernel = 3, .stride = stride, .weight_init = kaiming_normal_in};
  const Conv second{.out = out, .kernel = 3, .weight_init = kaiming_normal_in};
  ValueId y = b.relu(name + ".relu", b.batch_norm(name + ".bn1", b.conv(name + ".conv1", x, first)));
  y = b.batch_norm(name + ".bn2", b.conv(name + ".conv2", y, second));
  return b.relu(name + ".relu_1", b.add(name + ".add", y, shortcut(b, name, x, out, stride)));
}

template <int kBlocks>
void build(Builder& b) {
  ValueId x = b.conv("conv1", b.input(), {.out = 16, .kernel = 3, .weight_init = kaiming_normal_in});
  x = b.relu("relu", b.batch_norm("bn1", x));
  for (int stage = 1; stage <= 3; ++stage)
    for (int i = 0; i < kBlocks; ++i)
      x = block(b, fmt::format("layer{}.{}", stage, i), x, int64_t{8} << stage, stage > 1 && i == 0 ? 2 : 1);
  x = b.flatten("flatten", b.global_average_pool("avgpool", x));
  b.result = b.linear("linear", x, b.classes(), true, kaiming_normal_in);
}

Model akamaster_model(std::string_view name, void (*with)(Builder&)) {
  return {.name = name, .classes = 10, .size = 32, .shortcuts = "AB", .preprocessing = whole_image(), .build = with};
}

}  // namespace

Model resnet20() { return akamaster_model("resnet20", build<3>); }
Model resnet32() { return akamaster_model("resnet32", build<5>); }
Model resnet56() { return akamaster_model("resnet56", build<9>); }

}  // namespace galet::models
