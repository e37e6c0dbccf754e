// non_max_suppression: ONNX's, with a result of fixed size: rows (image, class, box), i64, for boxes (n, boxes, 4) and scores (n, classes,
// boxes); rows beyond the last are -1. center 1: boxes are (x, y, width, height) of the centre, 0: two opposite corners (y, x, y, x).
#include <algorithm>
#include <limits>

#include "galet/ops/rules.h"
#include "galet/ops/suppression.h"

namespace galet::ops {
namespace {

std::vector<TensorType> infer(const OpCall& call) {
  call.expect_rank(0, 3, "image, box, 4");
  call.expect_rank(1, 3, "image, class, box");
  expect_types(call, 0, Types::f32);
  expect_types(call, 1, Types::f32);
  const Shape& scores = call.shape(1);
  expect_shape(call, 0, {scores[0], scores[2], 4});
  const int64_t most = call.get_int("max_per_class");
  if (most < 0) call.fail("max_per_class is {}, expected 0 (none) or more", most);
  return {{DType::i64, {product(product(scores[0], scores[1]), std::min(most, scores[2])), 3}}};
}

std::vector<Tensor> reference(const OpCall& call, std::span<const Tensor> operands) {
  const Shape& shape = call.shape(1);
  const bool centre = call.get_int("center") != 0;
  Tensor result(DType::i64, infer(call)[0].shape);
  int64_t* dst = result.mutable_data<int64_t>();
  std::fill_n(dst, result.size(), int64_t{-1});
  SuppressionRule rule{call.get_float("score_threshold"), call.get_float("iou_threshold")};
  rule.most = call.get_int("max_per_class");
  for (int64_t n = 0; n < shape[0]; ++n) {
    std::vector<Box> boxes;
    for (int64_t i = 0; i < shape[2]; ++i) {
      const float* b = operands[0].data<float>() + (n * shape[2] + i) * 4;
      boxes.push_back(centre ? Box{b[0] - b[2] / 2, b[1] - b[3] / 2, b[0] + b[2] / 2, b[1] + b[3] / 2} : Box{b[1], b[0], b[3], b[2]});
    }
    for (int64_t c = 0; c < shape[1]; ++c) {
      const float* scores = operands[1].data<float>() + (n * shape[1] + c) * shape[2];
      for (const Kept& kept : suppress(boxes, {scores, static_cast<size_t>(shape[2])}, rule)) *dst++ = n, *dst++ = c, *dst++ = kept.index;
    }
  }
  return {result};
}

}  // namespace

Op non_max_suppression_op() {
  return {.name = "non_max_suppression",
          .operands = {"boxes", "scores"},
          .attributes = {{"max_per_class", int64_t{0}, true},
                         {"iou_threshold", 0.f},
                         {"score_threshold", std::numeric_limits<float>::lowest()},
                         {"center", int64_t{0}}},
          .infer = infer,
          .reference = reference};
}

}  // namespace galet::ops
