// Computes at once what depends on constants alone, by the operators' references.
//   before  y = op(#a, #b)          after  const y
// Results beyond 64 MB stay nodes: the file would grow. dequantize stays, fold_quantize_pairs makes codes of it. Quantized constants are
// moved by transpose and reshape (their channel axis with them) and otherwise left alone.
#include <algorithm>

#include "galet/transform/edit.h"

namespace galet::transform {
namespace {

constexpr size_t kMostBytes = size_t{64} << 20;

/// Where transpose and reshape take the channel axis of a spec; nothing where it does not survive.
std::optional<QuantSpec> moved_spec(const OpCall& call, const QuantSpec& spec, const Shape& to) {
  QuantSpec moved = spec;
  if (spec.axis < 0) return moved;
  const auto axis = static_cast<size_t>(spec.axis);
  if (call.op.name == "transpose") {
    const Ints& perm = call.get_ints("perm");
    moved.axis = static_cast<int>(std::find(perm.begin(), perm.end(), spec.axis) - perm.begin());
    return moved;
  }
  const Shape& from = call.shape(0);
  for (size_t i = 0; i < to.size(); ++i)
    if (to[i] == from[axis] && count(to, 0, i) == count(from, 0, axis)) {
      moved.axis = static_cast<int>(i);
      return moved;
    }
  return std::nullopt;
}

Decision fold(const Match& m, Rewriter& rw) {
  const Graph& g = *m.graph;
  const Node& node = g.node(m.root);
  if (node.op->name == "dequantize") return no_match();
  std::vector<Tensor> operands;
  bool quantized = false;
  for (const ValueId id : node.operands) {
    if (id.valid() && !g.value(id).is_constant()) return no_match();
    operands.push_back(id.valid() ? g.value(id).constant : Tensor{});
    quantized |= id.valid() && g.value(id).quant.has_value();
  }
  size_t bytes = 0;
  for (const ValueId id : node.results) {
    const Value& value = g.value(id);
    bytes += static_cast<size_t>(count(value.shape)) * size_of(value.dtype);
    if (value.quant) return keep("its result is quantized");
  }
  if (bytes > kMostBytes) return keep(fmt::format("the constant would take {} MB", bytes >> 20), {{"bytes", static_cast<double>(bytes)}});
  std::optional<QuantSpec> spec;
  OpCall call = g.call(m.root);
  if (quantized) {
    if (node.op->name != "transpose" && node.op->name != "reshape") return keep("an operand is a quantized constant");
    spec = moved_spec(call, *g.value(node.operands[0]).quant, g.value(node.results[0]).shape);
    if (!spec) return keep("the channels of a quantized constant would not survive it");
    call.operands[0].type.dtype = operands[0].dtype();
  }
  std::vector<Tensor> results = node.op->reference(call, operands);
  const std::vector<ValueId> old = node.results;
  for (size_t i = 0; i < old.size(); ++i) {
    if (g.readers(old[i]).empty() && !g.is_output(old[i])) continue;
    const std::string name = g.value(old[i]).name;
    const ValueId constant = spec ? rw.quantized_constant(name, results[i], *spec) : rw.constant(name, results[i]);
    rw.replace_uses(old[i], constant, true);
  }
  rw.remove(m.root);
  return applied(fmt::format("{} of constants", call.op.name));
}

}  // namespace

Pass fold_constants() { return rewrite("*", fold); }

}  // namespace galet::transform
