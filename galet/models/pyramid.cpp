#include "galet/models/pyramid.h"

namespace galet::models {
namespace {

ValueId lateral(Builder& b, const std::string& name, ValueId x, int64_t kernel) {
  const bool norm = b.options().fpn != "none";
  x = b.conv(name, x, {.out = kPyramidWidth, .kernel = kernel, .bias = !norm, .weight_init = kaiming_uniform_in});
  if (norm) x = b.batch_norm(name + ".norm", x);
  return b.options().fpn == "bn_relu" ? b.relu(name + ".relu", x) : x;
}

}  // namespace

Pyramid pyramid(Builder& b, const std::string& prefix, const Features& features, bool from_p5) {
  Pyramid p{};
  ValueId above{};
  for (size_t i = 3; i-- > 0;) {
    ValueId inner = lateral(b, fmt::format("{}fpn_lateral{}", prefix, i + 3), features[i + 1], 1);
    if (above.valid()) {
      const Shape& shape = b.shape(inner);
      const ValueId grown = b.op("resize", fmt::format("{}fpn_upsample{}", prefix, i + 3), {above},
                                 {{"sizes", shape},
                                  {"mode", std::string("nearest")},
                                  {"coordinates", std::string("asymmetric")},
                                  {"nearest", std::string("floor")}});
      inner = b.add(fmt::format("{}fpn_add{}", prefix, i + 3), inner, grown);
    }
    above = inner;
    p[i] = lateral(b, fmt::format("{}fpn_output{}", prefix, i + 3), inner, 3);
  }
  const Conv down{.out = kPyramidWidth, .kernel = 3, .stride = 2, .bias = true, .weight_init = kaiming_uniform_in};
  p[3] = b.conv(prefix + "top_block.p6", from_p5 ? p[2] : features[3], down);
  p[4] = b.conv(prefix + "top_block.p7", b.relu(prefix + "top_block.relu", p[3]), down);
  return p;
}

Pyramid shared_conv(Builder& b, const std::string& name, const Pyramid& levels, int64_t out, const Init& bias) {
  Pyramid made{};
  for (size_t i = 0; i < kLevels; ++i)
    made[i] = b.conv(name, levels[i], {.out = out, .kernel = 3, .bias = true, .weight_init = normal_001, .bias_init = bias});
  return made;
}

Pyramid tower(Builder& b, const std::string& name, const Pyramid& levels) {
  const std::string& norm = b.options().head;
  const int step = norm == "none" ? 2 : 3;  // convolution, [norm], relu
  Pyramid x = levels;
  for (int i = 0; i < 4; ++i) {
    const auto module = [&](int j) { return fmt::format("{}.{}", name, i * step + j); };
    x = shared_conv(b, module(0), x, kPyramidWidth, zeros());
    for (size_t level = 0; level < kLevels; ++level) {
      if (norm == "gn") x[level] = b.group_norm(module(1), x[level], 32);
      if (norm == "bn") x[level] = b.batch_norm(module(1), x[level]);
      if (norm == "bn_per_level") x[level] = b.batch_norm(fmt::format("{}.{}", module(1), level), x[level]);
      x[level] = b.relu(module(step - 1), x[level]);
    }
  }
  return x;
}

ValueId as_rows(Builder& b, const std::string& name, ValueId map, int64_t columns) {
  const Shape shape = b.shape(map);
  const ValueId last = b.op("transpose", name + "_transpose", {map}, {{"perm", Ints{0, 2, 3, 1}}});
  return b.op("reshape", name + "_rows", {last}, {{"shape", Ints{1, count(shape) / columns, columns}}});
}

ValueId join(Builder& b, const std::string& name, std::vector<ValueId> rows) {
  return b.op("concat", name, std::move(rows), {{"axis", int64_t{1}}});
}

Preprocessing detectron2_preprocessing() {
  Preprocessing p;
  p.order = "bgr";
  p.mean = {103.53f / 255, 116.28f / 255, 123.675f / 255};
  p.std = {1.f / 255, 1.f / 255, 1.f / 255};
  p.letterbox = true;
  p.fill = 116;
  return p;
}

}  // namespace galet::models
