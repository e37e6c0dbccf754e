// FCOS (Tian et al. 2019) with AdelaiDet's names: pyramid with P6 and P7 of P5, two towers, centre-ness beside the boxes. A box's score is
// sqrt(class * centre-ness), as AdelaiDet ranks them.
#include <cmath>

#include "galet/models/pyramid.h"

namespace galet::models {
namespace {

const std::string kHead = "proposal_generator.fcos_head.";

void build(Builder& b) {
  const Features features = backbone(b, b.options().backbone, Naming::detectron2, "backbone.bottom_up.");
  const Pyramid levels = pyramid(b, "backbone.", features, true);
  const Init rare{Init::Kind::constant, -std::log((1 - 0.01) / 0.01)};
  const Pyramid boxes_tower = tower(b, kHead + "bbox_tower", levels);
  const Pyramid scores = shared_conv(b, kHead + "cls_logits", tower(b, kHead + "cls_tower", levels), b.classes(), rare);
  const Pyramid centres = shared_conv(b, kHead + "ctrness", boxes_tower, 1, zeros());
  const Pyramid sides = shared_conv(b, kHead + "bbox_pred", boxes_tower, 4, zeros());
  std::vector<ValueId> score_rows, centre_rows, side_rows;
  std::vector<float> points;
  for (size_t i = 0; i < kLevels; ++i) {
    const Shape map = b.shape(levels[i]);
    const int64_t stride = stride_of(i);
    for (int64_t y = 0; y < map[2]; ++y)
      for (int64_t x = 0; x < map[3]; ++x)
        points.insert(points.end(), {static_cast<float>(x * stride + stride / 2), static_cast<float>(y * stride + stride / 2)});
    const std::string level = std::to_string(i + 3);
    score_rows.push_back(as_rows(b, "scores" + level, scores[i], b.classes()));
    centre_rows.push_back(as_rows(b, "centres" + level, centres[i], 1));
    // relu(scale * sides) * stride
    const ValueId scale = b.parameter(fmt::format("{}scales.{}.scale", kHead, i), {1}, ones());
    ValueId rows = b.op("mul", "scaled" + level, {as_rows(b, "sides" + level, sides[i], 4), scale});
    rows = b.relu("distances" + level, rows);
    side_rows.push_back(b.op("mul", "pixels" + level, {rows, b.constant("stride" + level, Tensor::scalar(static_cast<float>(stride)))}));
  }
  const auto n = static_cast<int64_t>(points.size() / 2);
  const ValueId boxes =
      b.op("decode_points", "decode", {join(b, "distances", side_rows), b.constant("points", Tensor::from<float>({n, 2}, points))});
  const ValueId score = b.op("sigmoid", "class_scores", {join(b, "scores", score_rows)}),
                centre = b.op("sigmoid", "centre_scores", {join(b, "centres", centre_rows)});
  const ValueId both = b.op("sqrt", "ranking", {b.op("mul", "scores_at_centres", {score, centre})});
  b.result = b.op("select_detections", "select", {boxes, both}, {{"k", std::min<int64_t>(100, n * b.classes())}, {"iou_threshold", 0.6f}});
}

}  // namespace

Model fcos() {
  return {.name = "fcos",
          .classes = 80,
          .size = 512,
          .shortcuts = {},
          .preprocessing = detectron2_preprocessing(),
          .build = build,
          .detector = {.backbone = "resnet50", .stride = 32, .pyramid = true, .head = "gn"}};
}

}  // namespace galet::models
