#include "galet/analysis/worked.h"

#include <algorithm>
#include <cmath>

#include "galet/ops/window.h"

namespace galet::analysis {
namespace {

/// Where the element (first image, channel, y, x) lies; a matrix has neither y nor x, other shapes a row instead.
struct Place {
  int64_t channel, y, x, index;
};

Place place(const Shape& dst, int64_t channel, int64_t y, int64_t x) {
  if (dst.size() == 4) return {channel, y, x, (channel * dst[2] + y) * dst[3] + x};
  return {channel, y, 0, y * dst.back() + channel};
}

Place choose(const Explanation& e, const ExplainOptions& options) {
  const Shape& dst = e.codes.dst.shape();
  const int64_t rows = dst.size() == 4 ? dst[2] : count(dst) / std::max<int64_t>(dst.back(), 1), cols = dst.size() == 4 ? dst[3] : 1;
  if (options.y >= rows || options.x >= cols)
    fail("layer \"{}\" has results at rows 0 to {} and columns 0 to {}, ({}, {}) asked for", e.layer, rows - 1, cols - 1, options.y,
         options.x);
  Place best = place(dst, e.channel, std::max<int64_t>(options.y, 0), std::max<int64_t>(options.x, 0));
  if (options.y >= 0 || options.x >= 0 || e.codes.dst.dtype() != DType::u8) return best;
  int most = -1;
  for (int64_t y = 0; y < rows; ++y)
    for (int64_t x = 0; x < cols; ++x) {
      const Place here = place(dst, e.channel, y, x);
      const int code = e.codes.dst.data<uint8_t>()[here.index];
      if (code > most && code < e.hi) most = code, best = here;
    }
  return best;
}

class Taps {
 public:
  Taps(const OpCall& call, const Explanation& e, Worked& worked) : call_(call), e_(e), worked_(worked) {}

  void conv2d() {
    const Shape &src = call_.shape(0), &w = call_.shape(1);
    const ops::Window window = ops::window_of(call_, w[2], w[3]);
    const int64_t group = worked_.channel / (w[0] / call_.get_int("group"));
    for (int64_t i = 0; i < w[1]; ++i)
      for (int64_t ky = 0; ky < w[2]; ++ky)
        for (int64_t kx = 0; kx < w[3]; ++kx) {
          const int64_t y = worked_.y * window.h.stride + ky * window.h.dilation - window.h.pad_begin,
                        x = worked_.x * window.w.stride + kx * window.w.dilation - window.w.pad_begin;
          const bool inside = y >= 0 && y < src[2] && x >= 0 && x < src[3];
          add(inside ? ((group * w[1] + i) * src[2] + y) * src[3] + x : -1, ((worked_.channel * w[1] + i) * w[2] + ky) * w[3] + kx);
        }
  }

  void conv_transpose2d() {
    const Shape &src = call_.shape(0), &w = call_.shape(1);  // (in, out/group, kh, kw)
    const Ints &strides = call_.get_ints("strides"), &pads = call_.get_ints("pads"), &dilations = call_.get_ints("dilations");
    const int64_t in_per_group = src[1] / call_.get_int("group"), group = worked_.channel / w[1], o = worked_.channel % w[1];
    for (int64_t i = group * in_per_group; i < (group + 1) * in_per_group; ++i)
      for (int64_t ky = 0; ky < w[2]; ++ky)
        for (int64_t kx = 0; kx < w[3]; ++kx) {
          const int64_t y = worked_.y + pads[0] - ky * dilations[0], x = worked_.x + pads[1] - kx * dilations[1];
          if (y < 0 || x < 0 || y % strides[0] != 0 || x % strides[1] != 0 || y / strides[0] >= src[2] || x / strides[1] >= src[3])
            continue;
          add((i * src[2] + y / strides[0]) * src[3] + x / strides[1], ((i * w[1] + o) * w[2] + ky) * w[3] + kx);
        }
  }

  /// linear: weight (m, k); matmul: weight (k, m).
  void product() {
    const bool linear = call_.op.name == "linear";
    const Shape& w = call_.shape(1);
    const int64_t k = w[linear ? 1 : 0], m = w[linear ? 0 : 1];
    for (int64_t j = 0; j < k; ++j) add(worked_.y * k + j, linear ? worked_.channel * k + j : j * m + worked_.channel);
  }

 private:
  void add(int64_t src, int64_t weight) {
    Product product{src, weight, e_.src.zero_point, e_.codes.weight.data<int8_t>()[weight]};
    if (src >= 0) product.src_code = e_.codes.src.data<uint8_t>()[src];
    worked_.sum += int64_t{product.src_code - e_.src.zero_point} * product.weight_code;
    worked_.products.push_back(product);
  }

  const OpCall& call_;
  const Explanation& e_;
  Worked& worked_;
};

/// round(acc * multiplier / 2^shift), halves away from zero.
int64_t scale_fixed(int64_t acc, const FixedPoint& m) {
  if (m.shift <= 0) return static_cast<int64_t>(std::ldexp(static_cast<double>(acc * m.multiplier), -m.shift));
  if (m.shift > 62) return 0;
  const int64_t product = std::abs(acc) * m.multiplier, rounded = (product + (int64_t{1} << (m.shift - 1))) >> m.shift;
  return acc < 0 ? -rounded : rounded;
}

}  // namespace

int64_t result_channels(const OpCall& call, const Shape& dst) {
  if (call.op.name == "conv2d" || call.op.name == "conv_transpose2d") return dst[1];
  return dst.empty() ? 1 : dst.back();
}

Worked work(const OpCall& call, const Explanation& e, const ExplainOptions& options) {
  const Place at = choose(e, options);
  Worked worked;
  worked.channel = at.channel, worked.y = at.y, worked.x = at.x, worked.dst_index = at.index;
  Taps taps(call, e, worked);
  if (call.op.name == "conv2d")
    taps.conv2d();
  else if (call.op.name == "conv_transpose2d")
    taps.conv_transpose2d();
  else
    taps.product();
  if (e.codes.bias.defined()) worked.bias = e.codes.bias.data<int32_t>()[at.channel];
  worked.accumulator = worked.sum + worked.bias;
  const auto channel = static_cast<size_t>(at.channel);
  worked.scaled = static_cast<float>(static_cast<int32_t>(worked.accumulator)) * e.m[channel];
  if (e.codes.dst.dtype() != DType::u8) {
    worked.runtime_real = e.codes.dst.data<float>()[at.index];
    return worked;
  }
  const auto limited = [&](double x) {
    return nearest_level(e.levels, static_cast<int32_t>(std::clamp(x + e.dst.zero_point, double(e.lo), double(e.hi))));
  };
  worked.code = limited(std::nearbyint(static_cast<double>(worked.scaled)));
  worked.fixed_point_code = limited(static_cast<double>(scale_fixed(worked.accumulator, e.fixed[channel])));
  worked.runtime_code = e.codes.dst.data<uint8_t>()[at.index];
  return worked;
}

}  // namespace galet::analysis
