// heatmap_peaks: the peaks of a map, everything else 0. Places of exactly equal value that hang together by sides or corners are one
// plateau. A plateau none of whose neighbours is higher is a peak, and stands at one place: the place of its own nearest to its centroid
// (rounded, halves up), of equally near ones the first in reading order. So there is one detection for each plateau however coarse the
// codes of a quantized map are, and the order of different values is untouched. max_pool(src) == src, the usual rule, keeps every place of
// a plateau, and those of a plateau that has a higher neighbour elsewhere. NaN is no peak and hides none.
#include <limits>

#include "galet/ops/rules.h"

namespace galet::ops {
namespace {

std::vector<TensorType> infer(const OpCall& call) {
  call.expect_rank(0, 4, "NCHW");
  expect_types(call, 0, Types::f32);
  return {{DType::f32, call.shape(0)}};
}

/// One plane (h, w); scratch is kept from plane to plane.
class Plane {
 public:
  Plane(int64_t height, int64_t width) : height_(height), width_(width), seen_(static_cast<size_t>(height * width)) {}

  void run(const float* src, float* dst) {
    src_ = src;
    std::fill(seen_.begin(), seen_.end(), uint8_t{0});
    for (int64_t at = 0; at < height_ * width_; ++at) {
      if (seen_[static_cast<size_t>(at)] != 0 || src[at] != src[at] || is_below(at)) continue;
      if (flood(at)) dst[centre()] = src[at];
    }
  }

 private:
  template <typename F>
  void for_neighbours(int64_t at, F&& f) const {
    const int64_t y = at / width_, x = at % width_;
    for (int64_t v = std::max<int64_t>(y - 1, 0); v < std::min(y + 2, height_); ++v)
      for (int64_t u = std::max<int64_t>(x - 1, 0); u < std::min(x + 2, width_); ++u) f(v * width_ + u);
  }

  bool is_below(int64_t at) const {
    bool below = false;
    for_neighbours(at, [&](int64_t other) { below = below || src_[other] > src_[at]; });
    return below;
  }

  /// Collects the plateau of `at` into members_; false where one of them has a higher neighbour.
  bool flood(int64_t at) {
    bool highest = true;
    members_.assign(1, at);
    seen_[static_cast<size_t>(at)] = 1;
    for (size_t i = 0; i < members_.size(); ++i) {
      const int64_t from = members_[i];
      for_neighbours(from, [&](int64_t other) {
        highest = highest && !(src_[other] > src_[from]);
        if (src_[other] != src_[from] || seen_[static_cast<size_t>(other)] != 0) return;
        seen_[static_cast<size_t>(other)] = 1;
        members_.push_back(other);
      });
    }
    return highest;
  }

  int64_t centre() const {
    const auto n = static_cast<int64_t>(members_.size());
    int64_t sum_y = 0, sum_x = 0;
    for (const int64_t at : members_) sum_y += at / width_, sum_x += at % width_;
    const int64_t y = (2 * sum_y + n) / (2 * n), x = (2 * sum_x + n) / (2 * n);
    int64_t nearest = std::numeric_limits<int64_t>::max(), place = 0;
    for (const int64_t at : members_) {
      const int64_t dy = at / width_ - y, dx = at % width_ - x, distance = dy * dy + dx * dx;
      if (distance < nearest || (distance == nearest && at < place)) nearest = distance, place = at;
    }
    return place;
  }

  int64_t height_, width_;
  const float* src_ = nullptr;
  std::vector<uint8_t> seen_;
  std::vector<int64_t> members_;
};

std::vector<Tensor> reference(const OpCall& call, std::span<const Tensor> operands) {
  const Shape& shape = call.shape(0);
  Tensor result(DType::f32, shape);
  float* dst = result.mutable_data<float>();
  std::fill_n(dst, result.size(), 0.f);
  Plane plane(shape[2], shape[3]);
  const int64_t planes = count(shape, 0, 2), size = shape[2] * shape[3];
  for (int64_t c = 0; c < planes; ++c) plane.run(operands[0].data<float>() + c * size, dst + c * size);
  return {result};
}

}  // namespace

Op heatmap_peaks_op() { return {.name = "heatmap_peaks", .operands = {"src"}, .attributes = {}, .infer = infer, .reference = reference}; }

}  // namespace galet::ops
