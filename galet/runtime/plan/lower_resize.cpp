// resize over height and width: nearest moves pixels, linear and cubic are weighted sums, with the axis tables of the operator itself.
#include <algorithm>
#include <array>

#include "galet/kernels/kernel.h"
#include "galet/kernels/resize/resize.h"
#include "galet/ops/resize.h"
#include "galet/runtime/plan/lowering.h"

namespace galet::runtime {
namespace {

using namespace kernels;

/// Weights rounded to float, as the operator's reference rounds them.
struct Axis {
  int64_t taps = 1;
  bool identity = false;
  std::vector<int64_t> index;
  std::vector<float> weight;

  ResampleAxis view() const { return {taps, identity ? nullptr : index.data(), identity ? nullptr : weight.data()}; }
  std::vector<int32_t> nearest(int64_t extent) const {
    std::vector<int32_t> map;
    for (int64_t i = 0; i < extent; ++i) map.push_back(static_cast<int32_t>(identity ? i : index[static_cast<size_t>(i)]));
    return map;
  }
};

struct Resize {
  int64_t batch, src_h, src_w, dst_h, dst_w, channels;
  Axis y, x;
  std::vector<int32_t> rows, columns;  // nearest
};
using SharedResize = std::shared_ptr<const Resize>;

Axis axis_of(const ops::ResizeAxis& table) {
  Axis axis{table.taps, table.identity, table.index, {}};
  for (const double weight : table.weight) axis.weight.push_back(static_cast<float>(weight));
  return axis;
}

/// Null where the resize reaches beyond height and width or extrapolates.
SharedResize resize_of(const Lowering& lowering, NodeId id) {
  const OpCall call = lowering.graph.call(id);
  const Shape &src = call.shape(0), &dst = lowering.value(lowering.graph.result(id)).shape;
  if (src.size() != 4 || count(dst) == 0 || src[0] != dst[0] || src[1] != dst[1]) return nullptr;
  std::array<ops::ResizeAxis, 4> axes;
  for (size_t i = 0; i < 4; ++i) axes[i] = ops::resize_axis(call, i);
  if (!axes[0].identity || !axes[1].identity || !axes[2].outside.empty() || !axes[3].outside.empty()) return nullptr;
  auto resize =
      std::make_shared<Resize>(Resize{src[0], src[2], src[3], dst[2], dst[3], src[1], axis_of(axes[2]), axis_of(axes[3]), {}, {}});
  if (call.get_string("mode") == "nearest") {
    resize->rows = resize->y.nearest(resize->dst_h);
    resize->columns = resize->x.nearest(resize->dst_w);
  }
  return resize;
}

void add_nearest(Lowering& lowering, NodeId id, const SharedResize& resize, BufferId src, BufferId dst, size_t element) {
  const int64_t pixel = resize->channels * static_cast<int64_t>(element);
  const double ns = static_cast<double>(resize->dst_w) * (2 + 0.1 * static_cast<double>(pixel));
  lowering.add_step(id, "nearest_resize", {src}, {dst}, [=](const RunContext& c) {
    const Resize& r = *resize;
    const NearestResizeArgs args{c.at<void>(src), c.at<void>(dst), r.src_h,       r.src_w,         r.dst_h,
                                 r.dst_w,         pixel,           r.rows.data(), r.columns.data()};
    c.parallel(r.batch * r.dst_h, ns, [&](int64_t begin, int64_t end, std::byte*) { nearest_resize(args, begin, end); });
  });
}

double ns_per_row(const Resize& r) { return 0.2 * static_cast<double>(r.channels * (r.src_w * r.y.taps + r.dst_w * r.x.taps)); }

void add_resample_codes(Lowering& lowering, NodeId id, const SharedResize& resize, BufferId src, BufferId dst, const Affine& from,
                        const Affine& to) {
  const auto& row = select<ResampleI8Fn>(lowering.options.isa);
  lowering.remark_kernel(id, row);
  const float m = from.scale / to.scale;
  lowering.add_step(id, row.name, {src}, {dst}, [=, run = row.run](const RunContext& c) {
    const Resize& r = *resize;
    const ResampleI8Args args{c.at<uint8_t>(src), c.at<uint8_t>(dst), r.src_h,         r.src_w,       r.dst_h, r.dst_w, r.channels,
                              r.y.view(),         r.x.view(),         from.zero_point, to.zero_point, to.lo,   to.hi,   m};
    c.parallel(r.batch * r.dst_h, ns_per_row(r), [&](int64_t begin, int64_t end, std::byte*) { run(args, begin, end); });
  });
}

void add_resample_real(Lowering& lowering, NodeId id, const SharedResize& resize, BufferId src, BufferId dst) {
  const auto& row = select<ResampleF32Fn>(lowering.options.isa);
  lowering.remark_kernel(id, row);
  lowering.add_step(id, row.name, {src}, {dst}, [=, run = row.run](const RunContext& c) {
    const Resize& r = *resize;
    const ResampleF32Args args{c.at<float>(src), c.at<float>(dst), r.src_h, r.src_w, r.dst_h, r.dst_w, r.channels, r.y.view(), r.x.view()};
    c.parallel(r.batch * r.dst_h, ns_per_row(r), [&](int64_t begin, int64_t end, std::byte*) { run(args, begin, end); });
  });
}

}  // namespace

bool lower_resize(Lowering& lowering, NodeId id) {
  const Node& node = lowering.node(id);
  if (node.op->name != "resize") return false;
  const SharedResize resize = resize_of(lowering, id);
  if (!resize) return false;
  const Choice& choice = lowering.choices.at(id);
  const ValueId source = node.operands[0], result = node.results[0];
  const bool nearest = !resize->rows.empty();
  const DType type = lowering.value(source).dtype;
  if (choice.computation == Computation::linear_resize || choice.computation == Computation::movement) {
    const Affine from = *affine_of(lowering.value(source)), to = *affine_of(lowering.value(result));
    const BufferId src = lowering.get(source, Layout::nhwc), dst = lowering.make(result, Layout::nhwc);
    if (choice.computation == Computation::linear_resize) {
      add_resample_codes(lowering, id, resize, src, dst, from, to);
      return true;
    }
    add_nearest(lowering, id, resize, src, dst, 1);
    if (!(from == to)) lowering.add_lookup(id, dst, dst, count(lowering.value(result).shape), rescale_table(from, to));
    return true;
  }
  if (choice.computation != Computation::real || (!nearest && type != DType::f32)) return false;
  if (!choice.reason.empty()) lowering.remark(id, "computed in float", choice.reason);
  const BufferId src = lowering.get(source, Layout::nhwc, true), dst = lowering.make(result, Layout::nhwc, true);
  if (nearest)
    add_nearest(lowering, id, resize, src, dst, size_of(type));
  else
    add_resample_real(lowering, id, resize, src, dst);
  lowering.get(result, Layout::nhwc);
  return true;
}

}  // namespace galet::runtime
