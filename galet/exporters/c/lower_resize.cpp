// Linear and cubic resize over height and width: weighted taps. (Nearest resize moves codes: lower_movement.cpp.)
#include "galet/exporters/c/lowering.h"
#include "galet/ops/resize.h"

namespace galet::exporters::c {
namespace {

std::string axis_initializer(Lowering& l, const std::string& name, const ops::ResizeAxis& axis) {
  if (axis.identity) return "{1, 0, 0}";
  std::vector<int16_t> index(axis.index.begin(), axis.index.end());
  std::vector<float> weight;
  for (const double x : axis.weight) weight.push_back(static_cast<float>(x));
  const std::string indices = l.array(name + "_index", "int16_t", index);
  return fmt::format("{{{}, {}, {}}}", axis.taps, indices, l.array(name + "_weights", "float", weight));
}

}  // namespace

bool lower_resize(Lowering& l, NodeId id) {
  if (l.choices[id].computation != runtime::Computation::linear_resize) return false;
  const Node& node = l.node(id);
  const OpCall call = l.graph.call(id);
  const ValueId source = node.operands[0], result = node.results[0];
  const Shape &src_shape = call.shape(0), &shape = l.value(result).shape;
  if (src_shape.size() != 4 || src_shape[1] != shape[1]) throw CannotWrite{"it resizes more than height and width"};
  const ops::ResizeAxis y = ops::resize_axis(call, 2), x = ops::resize_axis(call, 3);
  if (!ops::resize_axis(call, 0).identity || !ops::resize_axis(call, 1).identity || !y.outside.empty() || !x.outside.empty())
    throw CannotWrite{"it resizes more than height and width, or extrapolates"};
  if (src_shape[2] > 32767 || src_shape[3] > 32767) throw CannotWrite{"its source is larger than 32767"};
  const Affine from = l.affine(source), to = l.affine(result);
  Step step;
  step.layer = node.name;
  const BufferId src = l.buffer(source), dst = l.result(result);
  const std::string layer = l.global(node.name);
  const std::string ys = axis_initializer(l, node.name + "_y", y), xs = axis_initializer(l, node.name + "_x", x);
  step.declaration = fmt::format(
      "static const galet_resample {} = {{\n    .src_w = {}, .dst_h = {}, .dst_w = {}, .channels = {},\n    .y = {}, .x = {},\n"
      "    .src_zero_point = {}, .dst_zero_point = {}, .lo = {}, .hi = {}, .scale = {}}};\n",
      layer, src_shape[3], shape[2], shape[3], shape[1], ys, xs, from.zero_point, to.zero_point, to.lo, to.hi,
      exact(from.scale / to.scale));
  step.call = fmt::format("galet_run_resample(&{}, ${}, ${});", layer, src, dst);
  step.comment = fmt::format("{}: resize {}, {} -> {}\nq = clamp(round(sum w * (src - {}) * m) + {}), m = s_src / s_dst; in float",
                             node.name, call.get_string("mode"), extents(src_shape), extents(shape), from.zero_point, to.zero_point);
  step.reads = {src};
  step.writes = {dst};
  l.program.texts.insert("resample");
  l.count_struct(60);
  l.program.steps.push_back(std::move(step));
  return true;
}

}  // namespace galet::exporters::c
