// CenterNet ("Objects as Points", Zhou et al. 2019) with the names of xingyizhou/CenterNet's msra_resnet: a backbone, three transposed
// convolutions up to 1/4 of the input, and heads hm, wh, reg of two convolutions each; then peaks and decoding. On MobileNetV3 the
// transposed convolutions are narrower (128, 64, 64), as nothing is published.
#include "galet/models/backbones.h"

namespace galet::models {
namespace {

Init normal_0001(const Shape&) { return normal(0.001); }

/// Convolution NAME.0, relu, convolution NAME.2.
ValueId head(Builder& b, const std::string& name, ValueId x, int64_t out, const Init& last_bias) {
  x = b.relu(name + ".1", b.conv(name + ".0", x, {.out = 64, .kernel = 3, .bias = true, .weight_init = normal_0001}));
  return b.conv(name + ".2", x, {.out = out, .bias = true, .weight_init = normal_0001, .bias_init = last_bias});
}

void build(Builder& b) {
  const std::string& name = b.options().backbone;
  ValueId x = backbone(b, name, Naming::torchvision)[3];
  const bool wide = name.starts_with("resnet");
  for (int i = 0; i < 3; ++i) {
    const std::string layer = fmt::format("deconv_layers.{}", 3 * i);
    x = b.conv_transpose(layer, x, wide ? 256 : i == 0 ? 128 : 64, 4, 2, 1, normal_0001);
    x = b.relu(fmt::format("deconv_layers.{}", 3 * i + 2), b.batch_norm(fmt::format("deconv_layers.{}", 3 * i + 1), x));
  }
  const ValueId hm = b.op("sigmoid", "hm.sigmoid", {head(b, "hm", x, b.classes(), {Init::Kind::constant, -2.19})});
  const ValueId wh = head(b, "wh", x, 2, zeros()), reg = head(b, "reg", x, 2, zeros());
  const ValueId peaks = b.op("heatmap_peaks", "peaks", {hm});
  const Shape& map = b.shape(hm);
  const int64_t k = std::min<int64_t>(100, map[1] * map[2] * map[3]);
  b.result = b.op("decode_centers", "decode", {peaks, wh, reg}, {{"k", k}, {"stride", 4.f}});
}

Preprocessing as_trained() {
  Preprocessing p;
  p.order = "bgr";  // its pictures come from OpenCV
  p.mean = {0.408f, 0.447f, 0.470f};
  p.std = {0.289f, 0.274f, 0.278f};
  p.letterbox = true;
  p.fill = 0;
  return p;
}

}  // namespace

Model centernet() {
  return {.name = "centernet",
          .classes = 80,
          .size = 512,
          .shortcuts = {},
          .preprocessing = as_trained(),
          .build = build,
          .detector = {.backbone = "resnet18", .stride = 32}};
}

}  // namespace galet::models
