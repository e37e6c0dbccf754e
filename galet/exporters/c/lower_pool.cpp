// max_pool, global_max_pool, average_pool, global_average_pool, reduce_mean over height and width.
#include <set>

#include "galet/exporters/c/lowering.h"
#include "galet/kernels/reference/arithmetic.h"
#include "galet/ops/window.h"

namespace galet::exporters::c {
namespace {

std::string shape_initializer(const ops::Window& window, int64_t channels) {
  const ops::WindowAxis &h = window.h, &w = window.w;
  return fmt::format(
      "{{.src_h = {}, .src_w = {}, .src_c = {}, .src_step = {}, .dst_h = {}, .dst_w = {}, .dst_c = {}, .dst_step = {},\n"
      "     .kernel_h = {}, .kernel_w = {}, .stride_h = {}, .stride_w = {}, .dilation_h = {}, .dilation_w = {}, .pad_top = {}, .pad_left = "
      "{}}}",
      h.src, w.src, channels, channels, h.dst, w.dst, channels, channels, h.kernel, w.kernel, h.stride, w.stride, h.dilation, w.dilation,
      h.pad_begin, w.pad_begin);
}

/// Numbers of elements that windows of the pool have.
std::set<int64_t> window_counts(const ops::Window& window, bool padded) {
  auto taps = [&](const ops::WindowAxis& axis) {
    std::set<int64_t> counts;
    for (int64_t at = 0; at < axis.dst; ++at) {
      int64_t n = 0;
      for (int64_t k = 0; k < axis.kernel; ++k) {
        const int64_t position = at * axis.stride - axis.pad_begin + k * axis.dilation;
        n += padded ? position < axis.src + axis.pad_end : position >= 0 && position < axis.src;
      }
      counts.insert(n);
    }
    return counts;
  };
  std::set<int64_t> products;
  for (const int64_t y : taps(window.h))
    for (const int64_t x : taps(window.w))
      if (y * x > 0) products.insert(y * x);
  return products;
}

void lower_max(Lowering& l, NodeId id, const ops::Window& window) {
  const Node& node = l.node(id);
  const ValueId source = node.operands[0], result = node.results[0];
  Step step;
  step.layer = node.name;
  const BufferId src = l.buffer(source), dst = l.result(result);
  const std::string layer = l.global(node.name);
  step.declaration =
      fmt::format("static const galet_window_shape {} =\n    {};\n", layer, shape_initializer(window, l.value(source).shape[1]));
  step.call = fmt::format("galet_run_max_pool(&{}, ${}, ${});", layer, src, dst);
  step.comment = fmt::format("{}: {} {}x{}, {} -> {}", node.name, node.op->name, window.h.kernel, window.w.kernel,
                             extents(l.value(source).shape), extents(l.value(result).shape));
  step.reads = {src};
  step.writes = {dst};
  l.program.texts.insert({"window", "max_pool"});
  l.count_struct(64);
  if (const Affine from = l.affine(source), to = l.affine(result); !(from == to)) {
    const int64_t codes = count(l.value(result).shape);
    step.call += fmt::format("\ngalet_run_lookup(1, {}, ${}, {}, {}, ${}, {});", codes, dst, codes,
                             l.table_array(node.name + "_table", runtime::rescale_table(from, to)), dst, codes);
    l.program.texts.insert("lookup");
  }
  l.program.steps.push_back(std::move(step));
}

void lower_average(Lowering& l, NodeId id, const ops::Window& window, bool count_padding) {
  const Node& node = l.node(id);
  const ValueId source = node.operands[0], result = node.results[0];
  const Affine from = l.affine(source), to = l.affine(result);
  const std::set<int64_t> counts = window_counts(window, count_padding);
  const int64_t first = counts.empty() ? 1 : *counts.begin(), last = counts.empty() ? 0 : *counts.rbegin();
  if (last - first >= 4096) throw CannotWrite{"its windows have too many different sizes"};
  if (last * 255 > int64_t{1} << 30) throw CannotWrite{"its windows are too large for 32-bit sums"};
  std::vector<uint32_t> scales;
  for (int64_t n = first; n <= last; ++n) {
    const float divisor = to.scale * static_cast<float>(n);
    scales.push_back(kernels::c99_scale(from.scale / divisor));
  }
  Step step;
  step.layer = node.name;
  const BufferId src = l.buffer(source), dst = l.result(result);
  const std::string layer = l.global(node.name);
  step.declaration = fmt::format(
      "static const galet_average_pool {} = {{\n    .shape =\n    {},\n    .pad_bottom = {}, .pad_right = {}, .count_padding = {}, .scale "
      "= {}, .first = {},\n"
      "    .src_zero_point = {}, .dst_zero_point = {}, .lo = {}, .hi = {}}};\n",
      layer, shape_initializer(window, l.value(source).shape[1]), window.h.pad_end, window.w.pad_end, count_padding ? 1 : 0,
      l.array(node.name + "_scale", "uint32_t", scales), first, from.zero_point, to.zero_point, to.lo, to.hi);
  step.call = fmt::format("galet_run_average_pool(&{}, ${}, ${});", layer, src, dst);
  step.comment = fmt::format("{}: {}, {} -> {}\nq = clamp(round(sum (src - {}) * m) + {}, {}, {}), m = s_src / (s_dst * n) = {:.6g} / n",
                             node.name, node.op->name, extents(l.value(source).shape), extents(l.value(result).shape), from.zero_point,
                             to.zero_point, to.lo, to.hi, from.scale / to.scale);
  step.reads = {src};
  step.writes = {dst};
  l.program.texts.insert({"round", "scale", "requantize", "window", "average_pool"});
  l.count_struct(64 + 36);
  l.program.steps.push_back(std::move(step));
}

}  // namespace

bool lower_pool(Lowering& l, NodeId id) {
  const Node& node = l.node(id);
  const std::string_view name = node.op->name;
  const OpCall call = l.graph.call(id);
  const bool average = l.choices[id].computation == runtime::Computation::average;
  if (!average && name != "max_pool" && name != "global_max_pool") return false;
  const Shape& src = call.shape(0);
  if (src.size() != 4) throw CannotWrite{"only images (rank 4) are pooled"};
  ops::Window window{{src[2], src[2], 1, 1, 0, 0, 1}, {src[3], src[3], 1, 1, 0, 0, 1}};
  bool count_padding = false;
  if (name == "max_pool" || name == "average_pool") {
    const Ints& kernel = call.get_ints("kernel");
    window = ops::window_of(call, kernel.at(0), kernel.at(1), call.get_int("ceil_mode") != 0);
    count_padding = average && call.get_int("count_include_pad") != 0;
  }
  if (average)
    lower_average(l, id, window, count_padding);
  else
    lower_max(l, id, window);
  return true;
}

}  // namespace galet::exporters::c
