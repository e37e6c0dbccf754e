// decode_centers: CenterNet's heads to detections ("Objects as Points", Zhou et al. 2019). peaks (n, classes, h, w) are scores, 0 where
// there is no peak; wh (n, 2 or 2 * classes, h, w) the sizes of boxes, reg (n, 2, h, w) what a centre lies right of and below its place;
// both in places of the map, of which each is `stride` pixels. The k highest peaks become rows (left, top, right, bottom, score, class), in
// pixels of the network's input; of equal scores the first in memory comes first. Rows without a peak (score 0 or less) are zeros.
#include <algorithm>
#include <limits>
#include <numeric>

#include "galet/ops/rules.h"

namespace galet::ops {
namespace {

std::vector<TensorType> infer(const OpCall& call) {
  for (const size_t i : {size_t{0}, size_t{1}, size_t{2}}) {
    if (!call.has(i)) continue;
    call.expect_rank(i, 4, "NCHW");
    expect_types(call, i, Types::f32);
  }
  const Shape& peaks = call.shape(0);
  const int64_t sizes = call.shape(1)[1];
  if (sizes != 2 && sizes != product(2, peaks[1])) call.fail("wh has {} channels, expected 2 or {} (2 a class)", sizes, 2 * peaks[1]);
  expect_shape(call, 1, {peaks[0], sizes, peaks[2], peaks[3]});
  if (call.has(2)) expect_shape(call, 2, {peaks[0], 2, peaks[2], peaks[3]});
  const int64_t k = call.get_int("k");
  if (k < 1 || k > count(peaks, 1, 4)) call.fail("k {} is not within 1..{}, the places of all classes", k, count(peaks, 1, 4));
  if (!(call.get_float("stride") > 0)) call.fail("stride is {}, expected pixels", call.get_float("stride"));
  return {{DType::f32, {peaks[0], k, 6}}};
}

std::vector<Tensor> reference(const OpCall& call, std::span<const Tensor> operands) {
  const Shape& shape = call.shape(0);
  const int64_t classes = shape[1], plane = shape[2] * shape[3], k = call.get_int("k"), sizes = call.shape(1)[1];
  const float stride = call.get_float("stride");
  Tensor result(DType::f32, {shape[0], k, 6});
  float* row = result.mutable_data<float>();
  std::fill_n(row, result.size(), 0.f);
  std::vector<int64_t> order(static_cast<size_t>(classes * plane));
  for (int64_t n = 0; n < shape[0]; ++n) {
    const float* peaks = operands[0].data<float>() + n * classes * plane;
    const auto height = [&](int64_t at) { return peaks[at] == peaks[at] ? peaks[at] : -std::numeric_limits<float>::infinity(); };
    std::iota(order.begin(), order.end(), int64_t{0});
    std::partial_sort(order.begin(), order.begin() + k, order.end(),
                      [&](int64_t a, int64_t b) { return height(a) > height(b) || (height(a) == height(b) && a < b); });
    for (int64_t i = 0; i < k; ++i, row += 6) {
      const int64_t at = order[static_cast<size_t>(i)], label = at / plane, place = at % plane;
      if (!(peaks[at] > 0.f)) continue;
      const float* wh = operands[1].data<float>() + (n * sizes + (sizes == 2 ? 0 : 2 * label)) * plane + place;
      float x = static_cast<float>(place % shape[3]), y = static_cast<float>(place / shape[3]);
      if (call.has(2)) {
        const float* reg = operands[2].data<float>() + n * 2 * plane + place;
        x += reg[0], y += reg[plane];
      }
      const float half_width = wh[0] * .5f, half_height = wh[plane] * .5f;
      row[0] = (x - half_width) * stride, row[1] = (y - half_height) * stride;
      row[2] = (x + half_width) * stride, row[3] = (y + half_height) * stride;
      row[4] = peaks[at], row[5] = static_cast<float>(label);
    }
  }
  return {result};
}

}  // namespace

Op decode_centers_op() {
  return {.name = "decode_centers",
          .operands = {"peaks", "wh", "reg?"},
          .attributes = {{"k", int64_t{100}}, {"stride", 4.f}},
          .infer = infer,
          .reference = reference};
}

}  // namespace galet::ops
