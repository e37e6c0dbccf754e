// decode_anchors: boxes from their differences to anchors (Faster R-CNN, RetinaNet, SSD). deltas (n, boxes, 4) are (dx, dy, dw, dh) times
// `weights`, anchors (boxes, 4) edges: centre' = centre + d * size, size' = size * exp(min(d, limit)). decode_points: boxes from the
// distances of a point to its four sides (FCOS). distances (n, boxes, 4) are (left, top, right, bottom), points (boxes, 2) are (x, y). Both
// give edges (left, top, right, bottom), (n, boxes, 4), in the unit of anchors and points.
#include <algorithm>
#include <cmath>

#include "galet/ops/rules.h"

namespace galet::ops {
namespace {

std::vector<TensorType> infer(const OpCall& call, int64_t columns) {
  call.expect_rank(0, 3, "image, box, 4");
  call.expect_rank(1, 2, columns == 4 ? "box, 4" : "box, 2");
  expect_types(call, 0, Types::f32);
  expect_types(call, 1, Types::f32);
  const Shape& shape = call.shape(0);
  expect_shape(call, 0, {shape[0], shape[1], 4});
  expect_shape(call, 1, {shape[1], columns});
  return {{DType::f32, shape}};
}

std::vector<TensorType> infer_anchors(const OpCall& call) {
  if (call.get_floats("weights").size() != 4) call.fail("{} weights, expected 4", call.get_floats("weights").size());
  for (const float weight : call.get_floats("weights"))
    if (!(weight > 0) || !std::isfinite(weight)) call.fail("a weight of {}, expected a positive number", weight);
  return infer(call, 4);
}
std::vector<TensorType> infer_points(const OpCall& call) { return infer(call, 2); }

std::vector<Tensor> anchors(const OpCall& call, std::span<const Tensor> operands) {
  const Shape& shape = call.shape(0);
  const Floats& weights = call.get_floats("weights");
  const float limit = call.get_float("limit");
  Tensor result(DType::f32, shape);
  const float* d = operands[0].data<float>();
  float* box = result.mutable_data<float>();
  for (int64_t i = 0; i < shape[0] * shape[1]; ++i, d += 4, box += 4) {
    const float* anchor = operands[1].data<float>() + i % shape[1] * 4;
    for (size_t side : {size_t{0}, size_t{1}}) {
      const float size = anchor[side + 2] - anchor[side], centre = anchor[side] + size * .5f;
      const float moved = d[side] / weights[side] * size + centre;
      const float half = std::exp(std::min(d[side + 2] / weights[side + 2], limit)) * size * .5f;
      box[side] = moved - half, box[side + 2] = moved + half;
    }
  }
  return {result};
}

std::vector<Tensor> points(const OpCall& call, std::span<const Tensor> operands) {
  const Shape& shape = call.shape(0);
  Tensor result(DType::f32, shape);
  const float* d = operands[0].data<float>();
  float* box = result.mutable_data<float>();
  for (int64_t i = 0; i < shape[0] * shape[1]; ++i, d += 4, box += 4) {
    const float* point = operands[1].data<float>() + i % shape[1] * 2;
    box[0] = point[0] - d[0], box[1] = point[1] - d[1], box[2] = point[0] + d[2], box[3] = point[1] + d[3];
  }
  return {result};
}

}  // namespace

Op decode_anchors_op() {
  return {.name = "decode_anchors",
          .operands = {"deltas", "anchors"},
          .attributes = {{"weights", Floats{1, 1, 1, 1}}, {"limit", 4.135166556742356f}},  // log(1000 / 16)
          .infer = infer_anchors,
          .reference = anchors};
}
Op decode_points_op() {
  return {.name = "decode_points", .operands = {"distances", "points"}, .attributes = {}, .infer = infer_points, .reference = points};
}

}  // namespace galet::ops
