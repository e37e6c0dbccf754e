// RetinaNet (Lin et al. 2017) with detectron2's names: pyramid of res3..res5, two towers, nine anchors a place.
#include <cmath>

#include "galet/models/pyramid.h"

namespace galet::models {
namespace {

constexpr int64_t kAnchors = 9;

/// detectron2's: sizes 4 * stride * 2^(0, 1/3, 2/3), height / width 1/2, 1, 2; centred on i * stride.
void add_anchors(std::vector<float>& edges, int64_t height, int64_t width, int64_t stride) {
  for (int64_t y = 0; y < height; ++y)
    for (int64_t x = 0; x < width; ++x)
      for (int octave = 0; octave < 3; ++octave)
        for (const double ratio : {0.5, 1.0, 2.0}) {
          const double size = 4.0 * static_cast<double>(stride) * std::exp2(octave / 3.0), w = std::sqrt(size * size / ratio),
                       h = ratio * w;
          const double cx = static_cast<double>(x * stride), cy = static_cast<double>(y * stride);
          for (const double edge : {cx - w / 2, cy - h / 2, cx + w / 2, cy + h / 2}) edges.push_back(static_cast<float>(edge));
        }
}

void build(Builder& b) {
  const Features features = backbone(b, b.options().backbone, Naming::detectron2, "backbone.bottom_up.");
  const Pyramid levels = pyramid(b, "backbone.", features, false);
  const Init rare{Init::Kind::constant, -std::log((1 - 0.01) / 0.01)};
  const Pyramid scores = shared_conv(b, "head.cls_score", tower(b, "head.cls_subnet", levels), kAnchors * b.classes(), rare);
  const Pyramid deltas = shared_conv(b, "head.bbox_pred", tower(b, "head.bbox_subnet", levels), kAnchors * 4, zeros());
  std::vector<ValueId> score_rows, delta_rows;
  std::vector<float> anchors;
  for (size_t i = 0; i < kLevels; ++i) {
    const Shape& map = b.shape(levels[i]);
    add_anchors(anchors, map[2], map[3], stride_of(i));
    score_rows.push_back(as_rows(b, fmt::format("scores{}", i + 3), scores[i], b.classes()));
    delta_rows.push_back(as_rows(b, fmt::format("deltas{}", i + 3), deltas[i], 4));
  }
  const auto n = static_cast<int64_t>(anchors.size() / 4);
  const ValueId boxes =
      b.op("decode_anchors", "decode", {join(b, "deltas", delta_rows), b.constant("anchors", Tensor::from<float>({n, 4}, anchors))});
  const ValueId sigmoid = b.op("sigmoid", "sigmoid", {join(b, "scores", score_rows)});
  b.result = b.op("select_detections", "select", {boxes, sigmoid}, {{"k", std::min<int64_t>(100, n * b.classes())}});
}

}  // namespace

Model retinanet() {
  return {.name = "retinanet",
          .classes = 80,
          .size = 512,
          .shortcuts = {},
          .preprocessing = detectron2_preprocessing(),
          .build = build,
          .detector = {.backbone = "resnet50", .stride = 32, .pyramid = true, .head = "none"}};
}

}  // namespace galet::models
