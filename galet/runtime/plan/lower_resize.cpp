// resize over height and width. Nearest moves pixels; linear and cubic are weighted sums over rows, then over columns, in the reference's
// order, so that codes come out the same to the bit: a destination row needs one row of floats as scratch.
#include <algorithm>
#include <cmath>

#include "galet/kernels/reference/arithmetic.h"
#include "galet/kernels/resize/resize.h"
#include "galet/ops/resize.h"
#include "galet/runtime/plan/lowering.h"

namespace galet::runtime {
namespace {

/// One axis with weights in float; `taps` source positions for each destination position.
struct Axis {
  int64_t taps = 1;
  bool identity = false;
  std::vector<int64_t> index;
  std::vector<float> weight;
};

struct Resize {
  int64_t batch, src_h, src_w, dst_h, dst_w, channels;
  Axis y, x;
};

Axis axis_of(const ops::ResizeAxis& table) {
  Axis axis{table.taps, table.identity, table.index, {}};
  for (const double weight : table.weight) axis.weight.push_back(static_cast<float>(weight));
  return axis;
}

/// dst = sum over the taps of one destination row; src_row(i) writes source row i as floats or says where they are.
template <typename Load>
void mix_rows(const Resize& r, int64_t y, float* row, Load load) {
  const int64_t n = r.src_w * r.channels;
  if (r.y.identity) {
    for (int64_t i = 0; i < n; ++i) row[i] = load(y, i);
    return;
  }
  std::fill_n(row, n, 0.0f);
  for (int64_t k = y * r.y.taps; k < (y + 1) * r.y.taps; ++k) {
    const float weight = r.y.weight[static_cast<size_t>(k)];
    const int64_t from = r.y.index[static_cast<size_t>(k)];
    for (int64_t i = 0; i < n; ++i) row[i] += weight * load(from, i);
  }
}

void mix_columns(const Resize& r, const float* row, int64_t x, float* pixel) {
  if (r.x.identity) {
    std::copy_n(row + x * r.channels, r.channels, pixel);
    return;
  }
  std::fill_n(pixel, r.channels, 0.0f);
  for (int64_t k = x * r.x.taps; k < (x + 1) * r.x.taps; ++k) {
    const float weight = r.x.weight[static_cast<size_t>(k)];
    const float* from = row + r.x.index[static_cast<size_t>(k)] * r.channels;
    for (int64_t i = 0; i < r.channels; ++i) pixel[i] += weight * from[i];
  }
}

void add_nearest(Lowering& lowering, NodeId id, const Resize& r, BufferId src, BufferId dst, size_t element) {
  auto maps = std::make_shared<std::pair<std::vector<int32_t>, std::vector<int32_t>>>();
  const auto fill = [](const Axis& axis, int64_t extent, std::vector<int32_t>& map) {
    for (int64_t i = 0; i < extent; ++i) map.push_back(static_cast<int32_t>(axis.identity ? i : axis.index[static_cast<size_t>(i)]));
  };
  fill(r.y, r.dst_h, maps->first);
  fill(r.x, r.dst_w, maps->second);
  const int64_t pixel = r.channels * static_cast<int64_t>(element);
  lowering.add_step(id, "nearest_resize", {src}, {dst}, [=](const RunContext& c) {
    const kernels::NearestResizeArgs args{c.at<void>(src),    c.at<void>(dst),    r.src_h, r.src_w, r.dst_h, r.dst_w, pixel,
                                          maps->first.data(), maps->second.data()};
    c.parallel(r.batch * r.dst_h, static_cast<double>(r.dst_w) * (2 + 0.1 * static_cast<double>(pixel)),
               [&](int64_t begin, int64_t end, std::byte*) { kernels::nearest_resize(args, begin, end); });
  });
}

/// store(pixel index, channels of floats) takes the finished sums.
template <typename Src, typename Load, typename Store>
void add_weighted(Lowering& lowering, NodeId id, const Resize& resize, BufferId src, BufferId dst, Load load, Store store) {
  lowering.need_scratch(static_cast<size_t>((resize.src_w + 1) * resize.channels) * sizeof(float));
  const auto shared = std::make_shared<const Resize>(resize);
  const double ns = 0.5 * static_cast<double>(resize.channels * (resize.src_w * resize.y.taps + resize.dst_w * resize.x.taps));
  lowering.add_step(id, "weighted_resize", {src}, {dst}, [=](const RunContext& c) {
    const Resize& r = *shared;
    c.parallel(r.batch * r.dst_h, ns, [&](int64_t begin, int64_t end, std::byte* scratch) {
      float* row = reinterpret_cast<float*>(scratch);
      float* pixel = row + r.src_w * r.channels;
      for (int64_t item = begin; item < end; ++item) {
        const Src* image = c.at<Src>(src) + item / r.dst_h * r.src_h * r.src_w * r.channels;
        mix_rows(r, item % r.dst_h, row, [&](int64_t y, int64_t i) { return load(image[y * r.src_w * r.channels + i]); });
        for (int64_t x = 0; x < r.dst_w; ++x) {
          mix_columns(r, row, x, pixel);
          store(c.at<Src>(dst) + (item * r.dst_w + x) * r.channels, pixel, r.channels);
        }
      }
    });
  });
}

}  // namespace

bool lower_resize(Lowering& lowering, NodeId id) {
  const Node& node = lowering.node(id);
  if (node.op->name != "resize") return false;
  const OpCall call = lowering.graph.call(id);
  const ValueId source = node.operands[0], result = node.results[0];
  const Shape &src_shape = lowering.value(source).shape, &dst_shape = lowering.value(result).shape;
  if (src_shape.size() != 4 || count(dst_shape) == 0 || src_shape[0] != dst_shape[0] || src_shape[1] != dst_shape[1]) return false;
  std::array<ops::ResizeAxis, 4> axes;
  for (size_t i = 0; i < 4; ++i) axes[i] = ops::resize_axis(call, i);
  if (!axes[0].identity || !axes[1].identity || !axes[2].outside.empty() || !axes[3].outside.empty()) return false;
  const Resize resize{src_shape[0], src_shape[2], src_shape[3],     dst_shape[2],
                      dst_shape[3], src_shape[1], axis_of(axes[2]), axis_of(axes[3])};
  const Choice& choice = lowering.choices.at(id);
  const bool nearest = call.get_string("mode") == "nearest";

  if (choice.computation == Computation::linear_resize) {
    const Affine from = *affine_of(lowering.value(source)), to = *affine_of(lowering.value(result));
    const BufferId src = lowering.get(source, Layout::nhwc), dst = lowering.make(result, Layout::nhwc);
    const float m = from.scale / to.scale;
    add_weighted<uint8_t>(
        lowering, id, resize, src, dst, [zero_point = from.zero_point](uint8_t q) { return static_cast<float>(q - zero_point); },
        [m, to](uint8_t* codes, const float* sums, int64_t n) {
          for (int64_t i = 0; i < n; ++i) codes[i] = kernels::round_code(sums[i] * m, to.zero_point, to.lo, to.hi);
        });
    return true;
  }
  const DType type = lowering.value(source).dtype;
  if (choice.computation == Computation::movement && nearest) {
    const Affine from = *affine_of(lowering.value(source)), to = *affine_of(lowering.value(result));
    const BufferId src = lowering.get(source, Layout::nhwc), dst = lowering.make(result, Layout::nhwc);
    add_nearest(lowering, id, resize, src, dst, 1);
    if (!(from == to)) lowering.add_lookup(id, dst, dst, count(dst_shape), rescale_table(from, to));
    return true;
  }
  if (choice.computation != Computation::real || (!nearest && type != DType::f32)) return false;
  if (!choice.reason.empty()) lowering.remark(id, "computed in float", choice.reason);
  const BufferId src = lowering.get(source, Layout::nhwc, true), dst = lowering.make(result, Layout::nhwc, true);
  if (nearest) {
    add_nearest(lowering, id, resize, src, dst, size_of(type));
  } else {
    add_weighted<float>(
        lowering, id, resize, src, dst, [](float x) { return x; },
        [](float* values, const float* sums, int64_t n) { std::copy_n(sums, n, values); });
  }
  lowering.get(result, Layout::nhwc);
  return true;
}

}  // namespace galet::runtime
