// Windowed and global pools, and the mean over height and width.
#include "galet/kernels/kernel.h"
#include "galet/kernels/pool_f32/pool.h"
#include "galet/kernels/pool_i8/pool.h"
#include "galet/ops/window.h"
#include "galet/runtime/plan/lowering.h"

namespace galet::runtime {
namespace {

using namespace kernels;

enum class Kind { none, max, average };

struct Pool {
  Kind kind = Kind::none;
  PoolShape shape;
  bool count_padding = false;
};

Pool pool_of(const Lowering& lowering, NodeId id) {
  const OpCall call = lowering.graph.call(id);
  const std::string_view name = call.op.name;
  Pool pool;
  if (name == "max_pool" || name == "global_max_pool") pool.kind = Kind::max;
  if (name == "average_pool" || name == "global_average_pool" || name == "reduce_mean") pool.kind = Kind::average;
  if (pool.kind == Kind::none || call.rank(0) != 4 || (name == "reduce_mean" && call.get_ints("axes") != Ints{2, 3})) return {};
  const Shape& src = call.shape(0);
  PoolShape& shape = pool.shape;
  shape.batch = src[0], shape.channels = src[1], shape.src_h = src[2], shape.src_w = src[3];
  if (name != "max_pool" && name != "average_pool") {
    shape.kernel_h = src[2], shape.kernel_w = src[3];
    return pool;
  }
  const Ints& kernel = call.get_ints("kernel");
  const ops::Window window = ops::window_of(call, kernel.at(0), kernel.at(1), call.get_int("ceil_mode") != 0);
  const ops::WindowAxis &h = window.h, &w = window.w;
  shape.dst_h = h.dst, shape.kernel_h = h.kernel, shape.stride_h = h.stride, shape.dilation_h = h.dilation, shape.pad_top = h.pad_begin,
  shape.pad_bottom = h.pad_end;
  shape.dst_w = w.dst, shape.kernel_w = w.kernel, shape.stride_w = w.stride, shape.dilation_w = w.dilation, shape.pad_left = w.pad_begin,
  shape.pad_right = w.pad_end;
  pool.count_padding = pool.kind == Kind::average && call.get_int("count_include_pad") != 0;
  return pool;
}

template <typename Fn, typename Args, typename Src>
void add_pool(Lowering& lowering, NodeId id, const Pool& pool, BufferId src, BufferId dst, const Args& proto) {
  const auto& row = select<Fn>(lowering.options.isa);
  lowering.remark_kernel(id, row);
  const int64_t items = pool_items(pool.shape);
  const double ns =
      static_cast<double>(pool.shape.kernel_h * pool.shape.kernel_w * std::min<int64_t>(pool.shape.channels, kPoolChannels)) * 0.1;
  lowering.add_step(id, row.name, {src}, {dst}, [=, run = row.run](const RunContext& c) {
    Args args = proto;
    args.src = c.at<Src>(src);
    args.dst = c.at<Src>(dst);
    c.parallel(items, ns, [&](int64_t begin, int64_t end, std::byte*) { run(args, begin, end); });
  });
}

}  // namespace

bool lower_pool(Lowering& lowering, NodeId id) {
  const Pool pool = pool_of(lowering, id);
  if (pool.kind == Kind::none) return false;
  const Node& node = lowering.node(id);
  const ValueId source = node.operands[0], result = node.results[0];
  const Choice& choice = lowering.choices.at(id);
  if (choice.computation == Computation::average || choice.computation == Computation::movement) {
    const Affine from = *affine_of(lowering.value(source)), to = *affine_of(lowering.value(result));
    const BufferId src = lowering.get(source, Layout::nhwc), dst = lowering.make(result, Layout::nhwc);
    if (pool.kind == Kind::average) {
      add_pool<AveragePoolI8Fn, AveragePoolI8Args, uint8_t>(
          lowering, id, pool, src, dst,
          {pool.shape, nullptr, nullptr, from.scale, to.scale, from.zero_point, to.zero_point, to.lo, to.hi, pool.count_padding});
      return true;
    }
    add_pool<MaxPoolI8Fn, MaxPoolI8Args, uint8_t>(lowering, id, pool, src, dst, {pool.shape, nullptr, nullptr});
    if (!(from == to)) lowering.add_lookup(id, dst, dst, count(lowering.value(result).shape), rescale_table(from, to));
    return true;
  }
  if (choice.computation != Computation::real || lowering.value(source).dtype != DType::f32) return false;
  if (!choice.reason.empty()) lowering.remark(id, "computed in float", choice.reason);
  const BufferId src = lowering.get(source, Layout::nhwc, true), dst = lowering.make(result, Layout::nhwc, true);
  if (pool.kind == Kind::average)
    add_pool<AveragePoolF32Fn, AveragePoolF32Args, float>(lowering, id, pool, src, dst, {pool.shape, nullptr, nullptr, pool.count_padding});
  else
    add_pool<MaxPoolF32Fn, MaxPoolF32Args, float>(lowering, id, pool, src, dst, {pool.shape, nullptr, nullptr});
  lowering.get(result, Layout::nhwc);
  return true;
}

}  // namespace galet::runtime
