// add, sub, mul of two tensors of codes, one of which may be spread over the other.
#include <algorithm>

#include "galet/exporters/c/lowering.h"
#include "galet/kernels/reference/arithmetic.h"
#include "galet/ops/activation.h"
#include "galet/runtime/plan/broadcast.h"

namespace galet::exporters::c {
namespace {

using runtime::Computation;

/// Rows of the result; the other operand has a row for every `repeat` of them, or (scalar) one code a row.
struct RowSpread {
  int64_t rows = 1, cols = 1, repeat = 1;
  bool scalar = false;
};

std::optional<RowSpread> row_spread(const Shape& shape, const Shape& other) {
  const auto spread = runtime::spread_of(shape, other);
  if (!spread) return std::nullopt;
  if (spread->inner > 1 || spread->repeated == 1)
    return RowSpread{spread->outer * spread->repeated, spread->inner, spread->repeated, false};
  return RowSpread{spread->outer, spread->repeated, 1, true};
}

/// Extents in memory of an operand of a result of that rank: a shape of lower rank would be aligned before its axes are moved.
Shape operand_extents(const Shape& operand, size_t rank) {
  if (rank == 4 && operand.size() < 4 && std::count(operand.begin(), operand.end(), 1) + 1 < static_cast<int64_t>(operand.size()))
    throw CannotWrite{"one operand lies in another order than the other"};
  Shape full(rank - std::min(rank, operand.size()), 1);
  full.insert(full.end(), operand.begin(), operand.end());
  return physical(full);
}

}  // namespace

std::string sum_initializer(Lowering& l, NodeId id) {
  const Node& node = l.node(id);
  const Affine a = l.affine(node.operands[0]), b = l.affine(node.operands[1]);
  Affine to = l.affine(node.results[0]);
  if (const OpCall call = l.graph.call(id); call.has_attribute("activation")) {
    const ops::ActivationRange activation = ops::activation_range(call);
    to = runtime::narrowed(to, activation.min, activation.max);
  }
  const kernels::AddCoefficients add = kernels::add_coefficients(a.scale, a.zero_point, b.scale, b.zero_point, to.scale, to.zero_point,
                                                                 to.lo, to.hi, node.op->name == "sub");
  kernels::c99::galet_sum sum{};
  const bool fits = l.options.fixed_point
                        ? kernels::c99_fixed_sum(add.ra, a.zero_point, add.rb, b.zero_point, to.zero_point, to.lo, to.hi, sum)
                        : kernels::c99_sum(add, sum);
  if (!fits) throw CannotWrite{fmt::format("\"{}\" adds tensors whose scales are too far apart for 64 bits", node.name)};
  l.count_struct(48);
  return fmt::format("{{.ra = {}, .rb = {}, .c = {}, .window = {}, .shift = {}, .zero_point = {}, .lo = {}, .hi = {}}}", sum.ra, sum.rb,
                     sum.c, sum.window, sum.shift, sum.zero_point, sum.lo, sum.hi);
}

std::string sum_equation(const Lowering& l, NodeId id) {
  const Node& node = l.node(id);
  const Affine a = l.affine(node.operands[0]), b = l.affine(node.operands[1]), to = l.affine(node.results[0]);
  return fmt::format("{}: q = clamp(round((a - {}) * {:.6g} {} (b - {}) * {:.6g}) + {})", node.name, a.zero_point, a.scale / to.scale,
                     node.op->name == "sub" ? "-" : "+", b.zero_point, b.scale / to.scale, to.zero_point);
}

bool lower_binary(Lowering& l, NodeId id) {
  const Computation computation = l.choices[id].computation;
  if (computation != Computation::add && computation != Computation::mul) return false;
  const Node& node = l.node(id);
  const ValueId result = node.results[0];
  const Shape& shape = l.value(result).shape;
  const size_t first = l.value(node.operands[0]).shape == shape ? 0 : 1;
  const Shape whole = physical(shape), other_shape = operand_extents(l.value(node.operands[1 - first]).shape, shape.size());
  const auto spread = l.value(node.operands[first]).shape == shape ? row_spread(whole, other_shape) : std::nullopt;
  if (!spread) throw CannotWrite{"its operands are spread in a way that is not written"};
  Step step;
  step.layer = node.name;
  const BufferId src = l.buffer(node.operands[first]), other = l.buffer(node.operands[1 - first]);
  const BufferId dst = l.result(result);
  step.reads = {src, other};
  step.writes = {dst};
  step.replaces = {src};
  if (l.value(node.operands[1 - first]).shape == shape) step.replaces.push_back(other);
  const std::string layer = l.global(node.name);
  const std::string rows = fmt::format(".spread = {{.rows = {}, .cols = {}, .repeat = {}, .scalar = {}}}", spread->rows, spread->cols,
                                       spread->repeat, spread->scalar ? 1 : 0);
  step.comment = fmt::format("{}: {}, {} and {} -> {}\n", node.name, node.op->name, extents(l.value(node.operands[0]).shape),
                             extents(l.value(node.operands[1]).shape), extents(shape));
  l.program.texts.insert({"round", "broadcast"});
  if (computation == Computation::add) {
    step.declaration = fmt::format("static const galet_add {} = {{\n    {}, .other_is_a = {},\n    .sum = {}}};\n", layer, rows,
                                   first == 0 ? 0 : 1, sum_initializer(l, id));
    step.call = fmt::format("galet_run_add(&{}, ${}, ${}, ${});", layer, src, other, dst);
    step.comment += sum_equation(l, id);
    l.program.texts.insert({"add_codes", "add"});
  } else {
    const Affine a = l.affine(node.operands[0]), b = l.affine(node.operands[1]), to = l.affine(result);
    const float m = kernels::requantize_multiplier(a.scale, b.scale, to.scale);
    step.declaration = fmt::format(
        "static const galet_mul {} = {{\n    {}, .scale = 0x{:08x}u, .src_zero_point = {}, .other_zero_point = {}, .dst_zero_point = {}, "
        ".lo = {}, .hi = "
        "{}}};\n",
        layer, rows, kernels::c99_mul_scale(m), first == 0 ? a.zero_point : b.zero_point, first == 0 ? b.zero_point : a.zero_point,
        to.zero_point, to.lo, to.hi);
    step.call = fmt::format("galet_run_mul(&{}, ${}, ${}, ${});", layer, src, other, dst);
    step.comment += fmt::format("q = clamp(round((a - {}) * (b - {}) * m + {}, {}, {}), m = s_a * s_b / s_dst = {:.6g}", a.zero_point,
                                b.zero_point, to.zero_point, to.lo, to.hi, m);
    l.program.texts.insert({"scale", "mul_codes", "mul"});
    if (l.options.fixed_point) l.program.texts.insert("requantize");
  }
  l.count_struct(40);
  l.program.steps.push_back(std::move(step));
  return true;
}

}  // namespace galet::exporters::c
