// LeNet for small colour images, without biases and with the pool before the activation (61,770 weights at 32x32 and 10 classes):
// 5x5 to 6 channels, pool, relu, 5x5 to 16, pool, relu, 120, relu, 84, relu, classes. LeCun et al. 1998.
#include "galet/models/builder.h"
#include "galet/models/preprocessing.h"

namespace galet::models {
namespace {

void build(Builder& b) {
  ValueId x = b.input();
  for (const auto& [i, out] : {std::pair{"1", int64_t{6}}, std::pair{"2", int64_t{16}}}) {
    const std::string n = i;
    x = b.conv("conv" + n, x, {.out = out, .kernel = 5, .padding = 0, .weight_init = torch_default});
    x = b.relu("relu" + n, b.max_pool("pool" + n, x, 2, 2));
  }
  x = b.flatten("flatten", x);
  x = b.relu("relu3", b.linear("fc1", x, 120, false));
  x = b.relu("relu4", b.linear("fc2", x, 84, false));
  b.result = b.linear("fc3", x, b.classes(), false);
}

}  // namespace

Model lenet() { return {.name = "lenet", .classes = 10, .size = 32, .shortcuts = {}, .preprocessing = centred(), .build = build}; }

}  // namespace galet::models
