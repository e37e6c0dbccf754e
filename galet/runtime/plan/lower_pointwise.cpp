// Functions of one element: tables on codes; in float a kernel where there is one, else the operator's reference on memory as it lies.
// batch_norm too.
#include <cmath>
#include <limits>

#include "galet/kernels/elementwise_f32/elementwise.h"
#include "galet/kernels/kernel.h"
#include "galet/runtime/plan/lowering.h"

namespace galet::runtime {
namespace {

using namespace kernels;

struct Unary {
  UnaryF32 op;
  float a = 0, b = 0;
};

std::optional<Unary> unary_of(const OpCall& call) {
  const std::string_view name = call.op.name;
  if (name == "relu") return Unary{UnaryF32::clip, 0, std::numeric_limits<float>::infinity()};
  if (name == "clip") return Unary{UnaryF32::clip, call.get_float("min"), call.get_float("max")};
  if (name == "hard_sigmoid") return Unary{UnaryF32::hard_sigmoid, call.get_float("alpha"), call.get_float("beta")};
  if (name == "hard_swish") return Unary{UnaryF32::hard_swish};
  if (name == "leaky_relu") return Unary{UnaryF32::leaky_relu, call.get_float("alpha")};
  return std::nullopt;
}

bool lower_table(Lowering& lowering, NodeId id) {
  const Node& node = lowering.node(id);
  const Layout layout = lowering.layout_of(node.operands[0]);
  const BufferId src = lowering.get(node.operands[0], layout), dst = lowering.make(node.results[0], layout);
  const CodeTable table =
      function_table(lowering.graph, id, *affine_of(lowering.value(node.operands[0])), *affine_of(lowering.value(node.results[0])));
  lowering.remark_kernel(id, select<LookupFn>(lowering.options.isa));
  lowering.add_lookup(id, src, dst, count(lowering.value(node.results[0]).shape), table);
  return true;
}

/// y = x * a + b with a, b per channel: in float, as two passes over rows of channels.
bool lower_batch_norm(Lowering& lowering, NodeId id) {
  const Node& node = lowering.node(id);
  const OpCall call = lowering.graph.call(id);
  const Value& result = lowering.value(node.results[0]);
  if (result.shape.size() != 4 || result.dtype != DType::f32 || node.results.size() != 1) return false;
  for (size_t i = 1; i < 5; ++i)
    if (!lowering.operand(id, i)->is_constant() || lowering.operand(id, i)->constant.dtype() != DType::f32) return false;
  const int64_t channels = result.shape[1], rows = channels == 0 ? 0 : count(result.shape) / channels;
  Tensor factor(DType::f32, {channels}), offset(DType::f32, {channels});
  const auto of = [&](size_t i) { return lowering.operand(id, i)->constant.data<float>(); };
  for (int64_t c = 0; c < channels; ++c) {
    const double scale = of(1)[c] / std::sqrt(static_cast<double>(of(4)[c]) + call.get_float("epsilon"));
    factor.mutable_data<float>()[c] = static_cast<float>(scale);
    offset.mutable_data<float>()[c] = static_cast<float>(of(2)[c] - of(3)[c] * scale);
  }
  const BufferId src = lowering.get(node.operands[0], Layout::nhwc, true), dst = lowering.make(node.results[0], Layout::nhwc, true);
  const BufferId factors = lowering.constant_buffer(factor), offsets = lowering.constant_buffer(offset);
  const auto& row = select<BinaryF32Fn>(lowering.options.isa);
  lowering.remark_kernel(id, row);
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  Step& step = lowering.add_step(id, std::string("batch_norm ") + row.name, {src}, {dst}, [=, run = row.run](const RunContext& c) {
    const BinaryF32Args scaling{
        c.at<float>(src), c.at<float>(factors), c.at<float>(dst), channels, {rows, false}, BinaryF32::mul, false, -kInfinity, kInfinity};
    const BinaryF32Args shifting{
        c.at<float>(dst), c.at<float>(offsets), c.at<float>(dst), channels, {rows, false}, BinaryF32::add, false, -kInfinity, kInfinity};
    c.parallel(rows, 0.4 * static_cast<double>(channels), [&](int64_t begin, int64_t end, std::byte*) {
      run(scaling, begin, end);
      run(shifting, begin, end);
    });
  });
  step.in_place = true;
  lowering.get(node.results[0], Layout::nhwc);
  return true;
}

}  // namespace

bool lower_pointwise(Lowering& lowering, NodeId id) {
  const Node& node = lowering.node(id);
  const Choice& choice = lowering.choices.at(id);
  if (choice.computation == Computation::table) return lower_table(lowering, id);
  if (node.op->name == "batch_norm" && choice.computation == Computation::real) return lower_batch_norm(lowering, id);
  if (node.op->quant != QuantTrait::table || node.operands.size() != 1 || choice.computation != Computation::real) return false;
  const Value &source = lowering.value(node.operands[0]), &result = lowering.value(node.results[0]);
  if (source.dtype != DType::f32 || result.dtype != DType::f32) return false;
  const Layout layout = lowering.layout_of(node.operands[0]);
  const BufferId src = lowering.get(node.operands[0], layout, true), dst = lowering.make(node.results[0], layout, true);
  const int64_t n = count(result.shape);
  const OpCall call = lowering.graph.call(id);
  if (!choice.reason.empty()) lowering.remark(id, "computed in float", choice.reason);
  Step* step;
  if (const auto unary = unary_of(call)) {
    const auto& row = select<UnaryF32Fn>(lowering.options.isa);
    lowering.remark_kernel(id, row);
    step = &lowering.add_step(id, row.name, {src}, {dst}, [=, unary = *unary, run = row.run](const RunContext& c) {
      const UnaryF32Args args{c.at<float>(src), c.at<float>(dst), unary.op, unary.a, unary.b};
      c.parallel(n, 0.3, [&](int64_t begin, int64_t end, std::byte*) { run(args, begin, end); });
    });
  } else {
    lowering.remark(id, "runs by its reference", "no float kernel for this function; in place, without change of layout");
    step = &lowering.add_step(id, "reference", {src}, {dst}, [src, dst, n, &graph = lowering.graph, id](const RunContext& c) {
      const Node& own = graph.node(id);
      c.parallel(n, 10, [&](int64_t begin, int64_t end, std::byte*) {
        const Shape shape{end - begin};
        const size_t bytes = static_cast<size_t>(end - begin) * sizeof(float);
        const OpCall part(*own.op, own.name, own.attributes, {Operand{true, {DType::f32, shape}, {}}});
        const Tensor values(DType::f32, shape, {reinterpret_cast<const std::byte*>(c.at<float>(src) + begin), bytes}, nullptr);
        const Tensor mapped = own.op->reference(part, std::vector<Tensor>{values})[0];
        std::memcpy(c.at<float>(dst) + begin, mapped.bytes(), bytes);
      });
    });
  }
  step->in_place = true;
  lowering.get(node.results[0], layout);
  return true;
}

}  // namespace galet::runtime
