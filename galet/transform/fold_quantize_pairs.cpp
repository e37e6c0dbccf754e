// Turns the quantize and dequantize nodes of an imported file into facts on values, which is how galet knows quantization.
//   before  y = op(dequantize(quantize(x)))       after  y = op(x), x with a QuantSpec
//   before  y = op(dequantize(#codes))            after  y = op(#codes with a QuantSpec)
// Activations are stored as u8: i8 codes are shifted by 128. Weights are stored as i8: u8 codes are shifted by -128; biases stay i32.
// A value gets a spec only if all its readers see it quantized so; a second, different spec, per-channel activations and 16 bit codes stay
// as nodes, in float. Weights whose zero point is not 0 become floats: integer kernels know only symmetric ones. dequantize moves up
// through operators that only move codes (reshape, max_pool, concat ...). Inputs and outputs of the graph that are codes themselves keep
// their node: the graph's interface stays what it was, and the float value beside it gets the spec.
#include <algorithm>

#include "galet/ops/spec.h"
#include "galet/transform/edit.h"

namespace galet::transform {
namespace {

/// The spec that scale and zero point of a quantize or dequantize node mean for codes of `storage`, or why there is none.
struct Found {
  std::optional<QuantSpec> spec;
  std::string why_not;
};
Found spec_of(const Match& m, std::string_view scale_name, std::string_view zero_name, DType storage, const OpCall& call) {
  const Value& scale = m.value(scale_name);
  QuantSpec spec;
  spec.storage = storage;
  if (storage == DType::u8)
    std::tie(spec.qmin, spec.qmax) = std::pair(0, 255);
  else if (storage == DType::i8)
    std::tie(spec.qmin, spec.qmax) = std::pair(-128, 127);
  else if (storage == DType::i32)
    std::tie(spec.qmin, spec.qmax) = std::pair(INT32_MIN, INT32_MAX);
  else
    return {{}, fmt::format("its codes are {}", to_string(storage))};
  if (scale.quant || scale.dtype != DType::f32) return {{}, "its scale is no plain constant"};
  spec.scales.assign(scale.constant.span<float>().begin(), scale.constant.span<float>().end());
  for (const float s : spec.scales)
    if (!(s > 0) || s > 3e38f) return {{}, fmt::format("its scale is {}", s)};
  spec.zero_points.assign(spec.scales.size(), 0);
  if (m.has(zero_name)) {
    const std::vector<int64_t> zeros = m.constant(zero_name).to_ints();
    if (zeros.size() != spec.scales.size()) return {{}, "scale and zero point differ in number"};
    for (size_t i = 0; i < zeros.size(); ++i) {
      if (zeros[i] < INT32_MIN || zeros[i] > INT32_MAX) return {{}, "its zero point is out of range"};
      spec.zero_points[i] = static_cast<int32_t>(zeros[i]);
    }
  }
  if (spec.scales.size() > 1) {
    const int64_t axis = call.get_int("axis");
    spec.axis = static_cast<int>(axis < 0 ? axis + static_cast<int64_t>(call.rank(0)) : axis);
  }
  return {spec, {}};
}

/// The same codes stored as the other 8 bit type.
QuantSpec shifted(QuantSpec spec, DType to) {
  if (spec.storage == to || spec.storage == DType::i32) return spec;
  const int by = to == DType::u8 ? 128 : -128;
  spec.storage = to;
  spec.qmin += by;
  spec.qmax += by;
  for (int32_t& zero : spec.zero_points) zero += by;
  return spec;
}

Tensor shifted(const Tensor& codes, DType to) {
  if (codes.dtype() == to || codes.dtype() == DType::i32) return codes;
  Tensor result(to, codes.shape());
  for (size_t i = 0; i < codes.byte_size(); ++i) result.mutable_bytes()[i] = codes.bytes()[i] ^ std::byte{0x80};
  return result;
}

bool is_one_of(std::string_view name, std::initializer_list<std::string_view> names) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

/// Does every reader take the value as its weight (or matrix)?
bool is_weight(const Graph& g, ValueId value) {
  const std::vector<NodeId> readers = g.readers(value);
  return !readers.empty() && std::all_of(readers.begin(), readers.end(), [&](NodeId id) {
    const Node& node = g.node(id);
    if (is_one_of(node.op->name, {"transpose", "reshape"})) return is_weight(g, node.results[0]);
    return is_one_of(node.op->name, {"conv2d", "conv_transpose2d", "linear", "matmul"}) && node.operands.size() > 1 &&
           node.operands[1] == value;
  });
}

/// The source's name of a weight: that of its codes, without the suffix that ONNX Runtime's quantizer appends.
void take_source_name(Rewriter& rw, ValueId made, ValueId codes) {
  std::string name = rw.graph().value(codes).name;
  if (rw.graph().readers(codes).empty() && !rw.graph().is_output(codes)) rw.rename_value(codes, name + ".codes");
  constexpr std::string_view kSuffix = "_quantized";
  if (name.size() > kSuffix.size() && name.ends_with(kSuffix)) name.resize(name.size() - kSuffix.size());
  rw.rename_value(made, name);
}

Decision constant_codes(const Match& m, Rewriter& rw) {
  const Graph& g = *m.graph;
  const Value& codes = m.value("codes");
  const auto [spec, why_not] = spec_of(m, "scale", "zero", codes.dtype, g.call(m.root));
  if (!spec || m.result().quant) return keep(spec ? "its result has a quantization of its own" : why_not);
  const ValueId old = g.result(m.root);
  const bool weight = is_weight(g, old);
  const DType to = weight || spec->axis >= 0 ? DType::i8 : DType::u8;
  const QuantSpec wanted = shifted(*spec, to);
  const bool symmetric = std::all_of(wanted.zero_points.begin(), wanted.zero_points.end(), [](int32_t z) { return z == 0; });
  const bool real = weight && !symmetric;
  const Tensor data = codes.constant;
  const std::string name = codes.name;
  const ValueId made = real ? rw.constant(name, ops::to_real(data, *spec)) : rw.quantized_constant(name, shifted(data, to), wanted);
  const bool output = g.is_output(old);
  rw.replace_uses(old, made, output);
  rw.remove(m.root);
  if (!output) take_source_name(rw, made, m["codes"]);
  return applied(real ? "to a float constant: integer kernels want weights with zero point 0"
                      : fmt::format("to a constant of {}", to_string(wanted.storage)));
}

bool reads_as(const Graph& g, NodeId reader, ValueId value, const Match& m) {
  // The same scale and zero point, be it another constant of the same content.
  const Node& node = g.node(reader);
  if (node.op->name != "quantize" || node.operands[0] != value) return false;
  const Node& ours = g.node(m.node("q"));
  if (node.operands.size() != ours.operands.size()) return false;
  for (size_t i = 1; i < node.operands.size(); ++i)
    if (node.operands[i] != ours.operands[i] && (!node.operands[i].valid() || !ours.operands[i].valid() ||
                                                 !g.value(node.operands[i]).constant.same_as(g.value(ours.operands[i]).constant)))
      return false;
  return g.value(node.results[0]).dtype == g.value(ours.results[0]).dtype;
}

/// Empty when the value may get the spec.
std::string why_no_spec(const Match& m, const QuantSpec& spec) {
  const Graph& g = *m.graph;
  const Value& x = m.value("x");
  if (spec.axis >= 0) return "activations are quantized per tensor only";
  if (x.quant) return *x.quant == spec ? "" : fmt::format("\"{}\" has another quantization already", x.name);
  if (g.is_output(m["x"])) return fmt::format("\"{}\" is an output of the graph in float", x.name);
  for (const NodeId reader : g.readers(m["x"]))
    if (!reads_as(g, reader, m["x"], m)) return fmt::format("\"{}\" is read in float by {}", x.name, describe(g, reader));
  return {};
}

Decision pair(const Match& m, Rewriter& rw) {
  const Graph& g = *m.graph;
  const DType storage = m.value("q").dtype;
  const auto [written, why_not] = spec_of(m, "scale", "zero", storage, g.call(m.node("q")));
  if (!written) return keep(why_not);
  const auto [read, why_not_read] = spec_of(m, "scale2", "zero2", storage, g.call(m.root));
  if (!read) return keep(why_not_read);
  if (*read != *written) return keep("quantize and dequantize differ in scale or zero point");
  const QuantSpec spec = shifted(*written, DType::u8);
  if (const std::string why = why_no_spec(m, spec); !why.empty()) return keep(why);
  const ValueId old = g.result(m.root);
  if (m.result().quant && m.result().quant != spec) return keep("its result has a quantization of its own");
  const bool output = g.is_output(old);
  if (output && (!m.value("x").producer.valid() || g.is_output(m["x"]))) return keep("it names an output of the graph");
  rw.set_quant(m["x"], spec);
  rw.replace_uses(old, m["x"], output);
  rw.remove(m.root);
  return applied(fmt::format("into a fact on \"{}\"", g.value(m["x"]).name),
                 {{"scale", static_cast<double>(spec.scales[0])}, {"zero_point", spec.zero_points[0]}});
}

/// dequantize(move(codes)) -> move(dequantize(codes)).
Decision move_up(const Match& m, Rewriter& rw) {
  const Graph& g = *m.graph;
  const NodeId producer = m.value("codes").producer;
  if (!producer.valid() || m.constant("scale").size() != 1 || !is_lone(g, m["codes"])) return no_match();
  const auto [spec, why_not] = spec_of(m, "scale", "zero", m.value("codes").dtype, g.call(m.root));
  if (!spec) return keep(why_not);
  const Node moving = g.node(producer), dequantize = g.node(m.root);
  if (!is_one_of(moving.op->name,
                 {"reshape", "transpose", "slice", "concat", "max_pool", "identity", "depth_to_space", "space_to_depth", "expand", "tile"}))
    return no_match();
  if (moving.results.size() != 1) return no_match();
  for (size_t i = 0; i < moving.operands.size(); ++i) {
    std::vector<ValueId> inner = dequantize.operands;
    inner[0] = moving.operands[i];
    rw.set_operand(producer, i, g.result(rw.insert(*dequantize.op, dequantize.name, std::move(inner))));
  }
  const ValueId codes = m["codes"], old = g.result(m.root);
  const std::optional<QuantSpec> after = m.result().quant;
  rw.replace_uses(old, codes, g.is_output(old));
  rw.remove(m.root);
  rw.reinfer();
  rw.set_quant(codes, after ? after : shifted(*spec, DType::u8));  // its codes were moved, so it still is made of codes
  return applied("before " + describe(g, producer));
}

/// Codes come in or go out of the graph: the float value beside the node gets the spec, the node stays.
Decision at_the_border(const Match& m, Rewriter& rw, bool entry) {
  const Graph& g = *m.graph;
  const ValueId real = entry ? g.result(m.root) : m["x"];
  const DType storage = entry ? m.value("x").dtype : m.result().dtype;
  if (g.value(real).quant) return no_match();
  const auto [spec, why_not] = spec_of(m, "scale", "zero", storage, g.call(m.root));
  if (!spec) return keep(why_not);
  if (spec->axis >= 0) return keep("activations are quantized per tensor only");
  rw.set_quant(real, shifted(*spec, DType::u8));
  return applied(
      fmt::format("a fact on \"{}\"; the node stays, since the graph {} codes", g.value(real).name, entry ? "is given" : "gives"));
}

Decision input_codes(const Match& m, Rewriter& rw) {
  const auto& inputs = m.graph->inputs();
  if (std::find(inputs.begin(), inputs.end(), m["x"]) == inputs.end()) return no_match();
  return at_the_border(m, rw, true);
}

Decision output_codes(const Match& m, Rewriter& rw) {
  if (!m.graph->is_output(m.graph->result(m.root)) || !is_lone(*m.graph, m["x"])) return no_match();
  return at_the_border(m, rw, false);
}

/// What only moves codes gives values of the same codes, without a further rounding.
Decision carry_on(const Match& m, Rewriter& rw) {
  const Graph& g = *m.graph;
  const Node& node = g.node(m.root);
  if (node.op->quant != QuantTrait::same_spec || !node.operands[0].valid()) return no_match();
  const Value& src = g.value(node.operands[0]);
  if (!src.quant || src.is_constant() || src.quant->dynamic || src.quant->axis >= 0) return no_match();
  if (node.op->name == "pad" && g.call(m.root).get_float("value") != 0) return no_match();  // 0 always is a code
  if (std::any_of(node.results.begin(), node.results.end(),
                  [&](ValueId r) { return g.value(r).quant.has_value() || g.value(r).dtype != DType::f32; }))
    return no_match();
  for (const ValueId result : node.results)
    for (const NodeId reader : g.readers(result))
      if (g.node(reader).op->name == "quantize") return no_match();  // it will say itself which codes it wants
  for (const ValueId result : node.results) rw.set_quant(result, src.quant);
  return applied(fmt::format("\"{}\" has the codes of \"{}\"", g.value(node.results[0]).name, src.name));
}

}  // namespace

Pass fold_quantize_pairs() {
  return rewrite("dequantize(#codes, #scale, #zero?)", constant_codes)
      .also("dequantize(q=quantize(x, #scale, #zero?), #scale2, #zero2?)", pair)
      .also("dequantize(codes, #scale, #zero?)", move_up)
      .also("dequantize(x, #scale, #zero?)", input_codes)
      .also("quantize(x, #scale, #zero?)", output_codes)
      .also("*", carry_on);
}

}  // namespace galet::transform
