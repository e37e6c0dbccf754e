// add, sub, mul (div, min, max in float) of two tensors, with the broadcasts that row_broadcast knows.
#include "galet/kernels/elementwise_f32/elementwise.h"
#include "galet/kernels/kernel.h"
#include "galet/kernels/reference/arithmetic.h"
#include "galet/ops/activation.h"
#include "galet/runtime/plan/broadcast.h"
#include "galet/runtime/plan/lowering.h"

namespace galet::runtime {
namespace {

using namespace kernels;

/// Which operand is spread over which, and how.
struct Pair {
  size_t wide = 0;  // operand of the result's shape; the other one is 1 - wide
  Layout layout = Layout::logical;
  RowBroadcast rows;
};

/// Extents of an operand as it would lie in `layout`, given the rank of the result; empty where it cannot be had.
std::optional<Shape> extents_in(const Lowering& lowering, ValueId id, Layout layout, size_t rank) {
  const Shape& shape = lowering.value(id).shape;
  if (layout == Layout::logical) return shape;
  if (shape.size() == rank) return nhwc_extents(shape);
  if (count(shape) != 1) return std::nullopt;
  return Shape{};
}

std::optional<Pair> pair_of(const Lowering& lowering, const Node& node) {
  const ValueId result = node.results[0];
  const Shape& shape = lowering.value(result).shape;
  std::vector<Layout> layouts{Layout::logical};
  if (shape.size() == 4) {
    Layout first = lowering.layout_of(node.operands[lowering.value(node.operands[0]).shape == shape ? 0 : 1]);
    layouts = {first, first == Layout::nhwc ? Layout::logical : Layout::nhwc};
  }
  for (const Layout layout : layouts)
    for (const size_t wide : {size_t{0}, size_t{1}}) {
      if (lowering.value(node.operands[wide]).shape != shape) continue;
      const auto other = extents_in(lowering, node.operands[1 - wide], layout, shape.size());
      if (!other) continue;
      if (const auto rows = row_broadcast(lowering.physical_shape(result, layout), *other)) return Pair{wide, layout, *rows};
    }
  return std::nullopt;
}

struct Buffers {
  BufferId src, other, dst;
};

/// (c, 1, 1) and the like have one layout: their bytes do.
Buffers buffers_of(Lowering& lowering, const Node& node, const Pair& pair, bool real) {
  const BufferId src = lowering.get(node.operands[pair.wide], pair.layout, real);
  const BufferId other = lowering.get(node.operands[1 - pair.wide], pair.layout, real);
  return {src, other, lowering.make(node.results[0], pair.layout, real)};
}

bool lower_codes(Lowering& lowering, NodeId id, const Pair& pair) {
  const Node& node = lowering.node(id);
  const Affine a = *affine_of(lowering.value(node.operands[0])), b = *affine_of(lowering.value(node.operands[1]));
  Affine to = *affine_of(lowering.value(node.results[0]));
  const Buffers at = buffers_of(lowering, node, pair, false);
  const RowBroadcast rows = pair.rows;
  const double ns = 0.1 * static_cast<double>(rows.cols) + 2;
  if (lowering.choices.at(id).computation == Computation::add) {
    const OpCall call = lowering.graph.call(id);
    if (call.has_attribute("activation")) {
      const ops::ActivationRange range = ops::activation_range(call);
      to = narrowed(to, range.min, range.max);
    }
    const AddCoefficients add =
        add_coefficients(a.scale, a.zero_point, b.scale, b.zero_point, to.scale, to.zero_point, to.lo, to.hi, node.op->name == "sub");
    const auto& row = select<AddFn>(lowering.options.isa);
    lowering.remark_kernel(id, row);
    Step& step = lowering.add_step(id, row.name, {at.src, at.other}, {at.dst}, [=, wide = pair.wide, run = row.run](const RunContext& c) {
      const AddArgs args{c.at<uint8_t>(at.src), c.at<uint8_t>(at.other), c.at<uint8_t>(at.dst), rows.cols, rows.broadcast, wide == 1, add};
      c.parallel(rows.rows, ns, [&](int64_t begin, int64_t end, std::byte*) { run(args, begin, end); });
    });
    step.in_place = true;
    return true;
  }
  const float m = requantize_multiplier(a.scale, b.scale, to.scale);
  const Affine &src = pair.wide == 0 ? a : b, &other = pair.wide == 0 ? b : a;
  const auto& row = select<MulFn>(lowering.options.isa);
  lowering.remark_kernel(id, row);
  Step& step = lowering.add_step(id, row.name, {at.src, at.other}, {at.dst}, [=, run = row.run](const RunContext& c) {
    const MulArgs args{c.at<uint8_t>(at.src),
                       c.at<uint8_t>(at.other),
                       c.at<uint8_t>(at.dst),
                       rows.cols,
                       rows.broadcast,
                       src.zero_point,
                       other.zero_point,
                       to.zero_point,
                       m,
                       to.lo,
                       to.hi};
    c.parallel(rows.rows, ns, [&](int64_t begin, int64_t end, std::byte*) { run(args, begin, end); });
  });
  step.in_place = true;
  return true;
}

std::optional<BinaryF32> float_op(std::string_view name) {
  if (name == "add") return BinaryF32::add;
  if (name == "sub") return BinaryF32::sub;
  if (name == "mul") return BinaryF32::mul;
  if (name == "div") return BinaryF32::div;
  if (name == "min") return BinaryF32::min;
  if (name == "max") return BinaryF32::max;
  return std::nullopt;
}

}  // namespace

bool lower_binary(Lowering& lowering, NodeId id) {
  const Node& node = lowering.node(id);
  const auto op = float_op(node.op->name);
  if (!op || node.operands.size() != 2 || !node.operands[0].valid() || !node.operands[1].valid()) return false;
  for (const ValueId value : {node.operands[0], node.operands[1], node.results[0]})
    if (lowering.value(value).dtype != DType::f32) return false;
  const auto pair = pair_of(lowering, node);
  if (!pair) return false;
  const Choice& choice = lowering.choices.at(id);
  if (choice.computation == Computation::add || choice.computation == Computation::mul) return lower_codes(lowering, id, *pair);

  const OpCall call = lowering.graph.call(id);
  ops::ActivationRange range;
  if (call.has_attribute("activation")) range = ops::activation_range(call);
  const Buffers at = buffers_of(lowering, node, *pair, true);
  const RowBroadcast rows = pair->rows;
  const auto& row = select<BinaryF32Fn>(lowering.options.isa);
  lowering.remark_kernel(id, row);
  if (!choice.reason.empty()) lowering.remark(id, "computed in float", choice.reason);
  Step& step = lowering.add_step(
      id, row.name, {at.src, at.other}, {at.dst}, [=, op = *op, swap = pair->wide == 1, run = row.run](const RunContext& c) {
        const BinaryF32Args args{
            c.at<float>(at.src), c.at<float>(at.other), c.at<float>(at.dst), rows.cols, rows.broadcast, op, swap, range.min, range.max};
        c.parallel(rows.rows, 0.3 * static_cast<double>(rows.cols) + 2,
                   [&](int64_t begin, int64_t end, std::byte*) { run(args, begin, end); });
      });
  step.in_place = true;
  lowering.get(node.results[0], pair->layout);
  return true;
}

}  // namespace galet::runtime
