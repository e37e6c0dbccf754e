// select_detections: what stays of boxes (n, boxes, 4; edges) and their scores (n, boxes, classes) after non-maximum suppression, as rows
// (left, top, right, bottom, score, class), (n, k, 6), best first; of equal scores the lower class, then the one kept earlier. Rows without
// a detection are zeros. mode "class": boxes of one class suppress one another; "agnostic": each box counts for its best class alone, and
// all suppress one another; "none": no suppression. The first `background` classes are no objects; labels are counted from the class after
// them.
#include <algorithm>

#include "galet/ops/rules.h"
#include "galet/ops/suppression.h"

namespace galet::ops {
namespace {

std::vector<TensorType> infer(const OpCall& call) {
  call.expect_rank(0, 3, "image, box, 4");
  call.expect_rank(1, 3, "image, box, class");
  expect_types(call, 0, Types::f32);
  expect_types(call, 1, Types::f32);
  const Shape& scores = call.shape(1);
  expect_shape(call, 0, {scores[0], scores[1], 4});
  const std::string& mode = call.get_string("mode");
  if (mode != "class" && mode != "agnostic" && mode != "none") call.fail("mode \"{}\", expected class, agnostic or none", mode);
  const int64_t k = call.get_int("k"), background = call.get_int("background");
  if (background < 0 || background >= scores[2]) call.fail("background {} leaves none of {} classes", background, scores[2]);
  if (k < 1 || k > product(scores[1], scores[2] - background))
    call.fail("k {} is not within 1..{}, boxes times classes", k, product(scores[1], scores[2] - background));
  if (!(call.get_float("score_threshold") >= 0)) call.fail("score_threshold is {}, expected 0 or more", call.get_float("score_threshold"));
  if (call.get_int("candidates") < 0) call.fail("candidates is {}, expected 0 (all) or more", call.get_int("candidates"));
  return {{DType::f32, {scores[0], k, 6}}};
}

struct Found {
  Kept kept;
  int64_t label;
};

/// Detections of one image, in the order of classes and of keeping.
std::vector<Found> select(const OpCall& call, std::span<const Box> boxes, const float* scores, int64_t classes) {
  SuppressionRule rule{call.get_float("score_threshold"), call.get_float("iou_threshold"), call.get_float("soft_sigma"), call.get_int("k"),
                       call.get_int("candidates")};
  const std::string& mode = call.get_string("mode");
  if (mode == "none") rule.iou_threshold = 1.f, rule.soft_sigma = 0;
  const int64_t background = call.get_int("background");
  std::vector<float> column(boxes.size());
  std::vector<Found> found;
  if (mode == "agnostic") {
    std::vector<int64_t> best(boxes.size());
    for (size_t i = 0; i < boxes.size(); ++i) {
      const float* row = scores + static_cast<int64_t>(i) * classes;
      best[i] = std::max_element(row + background, row + classes) - row;
      column[i] = row[best[i]];
    }
    for (const Kept& kept : suppress(boxes, column, rule)) found.push_back({kept, best[static_cast<size_t>(kept.index)] - background});
    return found;
  }
  for (int64_t c = background; c < classes; ++c) {
    for (size_t i = 0; i < boxes.size(); ++i) column[i] = scores[static_cast<int64_t>(i) * classes + c];
    for (const Kept& kept : suppress(boxes, column, rule)) found.push_back({kept, c - background});
  }
  return found;
}

std::vector<Tensor> reference(const OpCall& call, std::span<const Tensor> operands) {
  const Shape& shape = call.shape(1);
  const int64_t k = call.get_int("k");
  Tensor result(DType::f32, {shape[0], k, 6});
  float* dst = result.mutable_data<float>();
  std::fill_n(dst, result.size(), 0.f);
  for (int64_t n = 0; n < shape[0]; ++n) {
    const float* edges = operands[0].data<float>() + n * shape[1] * 4;
    std::vector<Box> boxes;
    for (int64_t i = 0; i < shape[1]; ++i) boxes.push_back({edges[4 * i], edges[4 * i + 1], edges[4 * i + 2], edges[4 * i + 3]});
    std::vector<Found> found = select(call, boxes, operands[1].data<float>() + n * shape[1] * shape[2], shape[2]);
    std::stable_sort(found.begin(), found.end(), [](const Found& a, const Found& b) { return a.kept.score > b.kept.score; });
    for (size_t i = 0; i < std::min(found.size(), static_cast<size_t>(k)); ++i) {
      const Box& box = boxes[static_cast<size_t>(found[i].kept.index)];
      const float row[6] = {box.left, box.top, box.right, box.bottom, found[i].kept.score, static_cast<float>(found[i].label)};
      std::copy_n(row, 6, dst + (n * k + static_cast<int64_t>(i)) * 6);
    }
  }
  return {result};
}

}  // namespace

Op select_detections_op() {
  return {.name = "select_detections",
          .operands = {"boxes", "scores"},
          .attributes = {{"k", int64_t{100}},
                         {"score_threshold", 0.05f},
                         {"iou_threshold", 0.5f},
                         {"soft_sigma", 0.f},
                         {"candidates", int64_t{1000}},
                         {"background", int64_t{0}},
                         {"mode", std::string("class")}},
          .infer = infer,
          .reference = reference};
}

}  // namespace galet::ops
