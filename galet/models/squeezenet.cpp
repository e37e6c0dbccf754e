// SqueezeNet 1.1 (Iandola et al. 2016), with torchvision's names. No batch norms; the last layer is a 1x1 convolution, a relu and a mean.
#include "galet/models/builder.h"
#include "galet/models/preprocessing.h"

namespace galet::models {
namespace {

Conv conv(int64_t out, int64_t kernel = 1, int64_t stride = 1, int64_t padding = -1) {
  return {.out = out, .kernel = kernel, .stride = stride, .padding = padding, .bias = true, .weight_init = kaiming_uniform_in};
}

ValueId fire(Builder& b, const std::string& name, ValueId x, int64_t squeeze, int64_t expand) {
  x = b.relu(name + ".squeeze_activation", b.conv(name + ".squeeze", x, conv(squeeze)));
  const ValueId one = b.relu(name + ".expand1x1_activation", b.conv(name + ".expand1x1", x, conv(expand)));
  const ValueId three = b.relu(name + ".expand3x3_activation", b.conv(name + ".expand3x3", x, conv(expand, 3)));
  return b.op("concat", name + ".cat", {one, three}, {{"axis", int64_t{1}}});
}

void build(Builder& b) {
  ValueId x = b.relu("features.1", b.conv("features.0", b.input(), conv(64, 3, 2, 0)));
  x = b.max_pool("features.2", x, 3, 2, 0, true);
  x = fire(b, "features.3", x, 16, 64);
  x = fire(b, "features.4", x, 16, 64);
  x = b.max_pool("features.5", x, 3, 2, 0, true);
  x = fire(b, "features.6", x, 32, 128);
  x = fire(b, "features.7", x, 32, 128);
  x = b.max_pool("features.8", x, 3, 2, 0, true);
  x = fire(b, "features.9", x, 48, 192);
  x = fire(b, "features.10", x, 48, 192);
  x = fire(b, "features.11", x, 64, 256);
  x = fire(b, "features.12", x, 64, 256);
  x = b.conv("classifier.1", x, {.out = b.classes(), .bias = true, .weight_init = normal_001});
  x = b.global_average_pool("classifier.3", b.relu("classifier.2", x));
  b.result = b.flatten("flatten", x);
}

}  // namespace

Model squeezenet1_1() {
  return {.name = "squeezenet1_1", .classes = 1000, .size = 224, .shortcuts = {}, .preprocessing = imagenet(), .build = build};
}

}  // namespace galet::models
