#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <limits>

#include "galet/ir/text.h"
#include "galet/ir/text_names.h"

namespace galet {
namespace {

/// FNV-1a, 64 bits: tells tensors apart in a diff, no more.
uint64_t hash(const Tensor& tensor) {
  uint64_t h = 0xcbf29ce484222325u;
  for (size_t i = 0; i < tensor.byte_size(); ++i) h = (h ^ static_cast<uint64_t>(tensor.bytes()[i])) * 0x100000001b3u;
  return h;
}

std::string elements(const Tensor& tensor) {
  return dispatch(tensor.dtype(), [&](auto zero) {
    using T = decltype(zero);
    std::string text = "{";
    const T* data = tensor.data<T>();
    for (int64_t i = 0; i < tensor.size(); ++i) text += fmt::format("{}{}", i ? ", " : "", +data[i]);
    return text + "}";
  });
}

std::string type_text(DType dtype, const Shape& shape) {
  return fmt::format("{}[{}]", to_string(dtype), shape.empty() ? "" : to_string(shape));
}

std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\')
      out += '\\', out += c;
    else if (c == '\n')
      out += "\\n";
    else if (static_cast<unsigned char>(c) < 32)
      out += fmt::format("\\x{:02x}", static_cast<unsigned>(c));
    else
      out += c;
  }
  return out + "\"";
}

std::string attribute_text(const Attribute& attribute) {
  if (const auto* i = std::get_if<int64_t>(&attribute)) return fmt::format("{}", *i);
  if (const auto* f = std::get_if<float>(&attribute)) return fmt::format("{}", *f);
  if (const auto* s = std::get_if<std::string>(&attribute)) return quoted(*s);
  if (const auto* v = std::get_if<Ints>(&attribute)) return fmt::format("[{}]", fmt::join(*v, ","));
  if (const auto* v = std::get_if<Floats>(&attribute)) return fmt::format("[{}]", fmt::join(*v, ","));
  const Tensor& tensor = std::get<Tensor>(attribute);
  return type_text(tensor.dtype(), tensor.shape()) + elements(tensor);
}

std::string quant_text(const QuantSpec& spec) {
  std::string text = fmt::format(" quant({}", to_string(spec.storage));
  const auto [low, high] = text::code_range(spec.storage);
  if (spec.qmin != low || spec.qmax != high) text += fmt::format(", codes={}..{}", spec.qmin, spec.qmax);
  if (!spec.levels.empty()) text += fmt::format(", levels=[{}]", fmt::join(spec.levels, ","));
  if (spec.axis >= 0) text += fmt::format(", axis={}", spec.axis);
  if (spec.axis < 0 && spec.scales.size() == 1)
    text += fmt::format(", scale={}", spec.scales[0]);
  else if (!spec.scales.empty())
    text += fmt::format(", scale=[{}]", fmt::join(spec.scales, ","));
  if (!spec.zero_points.empty()) {
    const bool alike = spec.zero_points.size() == spec.scales.size() &&
                       std::all_of(spec.zero_points.begin(), spec.zero_points.end(), [&](int32_t z) { return z == spec.zero_points[0]; });
    text += alike ? fmt::format(", zero={}", spec.zero_points[0]) : fmt::format(", zero=[{}]", fmt::join(spec.zero_points, ","));
  }
  return text + (spec.dynamic ? ", dynamic)" : ")");
}

std::string facts_text(const Value& value, const PrintOptions& options) {
  std::string text;
  if (!options.facts) return text;
  if (value.quant) text += quant_text(*value.quant);
  if (const auto& s = value.stats)
    text += fmt::format(" stats(count={}, min={}, max={}, mean={}, sigma={}, clip_min={}, clip_max={}, observer={})", s->count, s->min,
                        s->max, s->mean, s->sigma, s->clip_min, s->clip_max, quoted(s->observer));
  if (value.mask.defined()) {
    text += fmt::format(" mask={}", to_string(value.mask.dtype()));
    text += value.mask.size() > options.large ? fmt::format(" #{:016x}", hash(value.mask)) : elements(value.mask);
  }
  return text;
}

std::string constant_text(const Value& value, const PrintOptions& options) {
  const Tensor& data = value.constant;
  std::string text =
      fmt::format("  const {}: {}{}", quote_name(value.name), type_text(value.dtype, value.shape), facts_text(value, options));
  // Without its facts a quantized constant has to say of which type its codes are.
  if (data.dtype() != value.dtype && !(options.facts && value.quant)) text += fmt::format(" as {}", to_string(data.dtype()));
  return text + (data.size() > options.large ? fmt::format(" #{:016x}\n", hash(data)) : fmt::format(" = {}\n", elements(data)));
}

}  // namespace

std::string quote_name(const std::string& name) { return text::is_bare(name) ? name : quoted(name); }

std::string print(const Graph& graph, const PrintOptions& options) {
  std::string text = fmt::format("graph {}{} {{\n", quoted(graph.info.name), graph.dynamic_batch ? "" : " batch=fixed");
  std::vector<ValueId> written;
  auto constant = [&](ValueId id) {
    if (!options.constants || !id.valid() || !graph.value(id).is_constant()) return;
    if (std::find(written.begin(), written.end(), id) != written.end()) return;
    written.push_back(id);
    text += constant_text(graph.value(id), options);
  };
  for (const ValueId id : graph.inputs()) {
    const Value& v = graph.value(id);
    text += fmt::format("  input {}: {}{}\n", quote_name(v.name), type_text(v.dtype, v.shape), facts_text(v, options));
  }
  for (const NodeId id : graph.order()) {
    const Node& node = graph.node(id);
    std::vector<std::string> results, operands, types;
    for (const ValueId result : node.results) {
      const Value& v = graph.value(result);
      results.push_back(quote_name(v.name));
      types.push_back(type_text(v.dtype, v.shape) + facts_text(v, options));
    }
    for (const ValueId operand : node.operands) {
      constant(operand);
      operands.push_back(operand.valid() ? quote_name(graph.value(operand).name) : "_");
    }
    while (!operands.empty() && operands.back() == "_") operands.pop_back();
    text += fmt::format("  {} = {}({})", fmt::join(results, ", "), node.op->name, fmt::join(operands, ", "));
    if (node.name != graph.value(node.results.at(0)).name) text += " @" + quote_name(node.name);
    for (const auto& [name, attribute] : node.attributes) text += fmt::format(" {}={}", name, attribute_text(attribute));
    text += fmt::format(" -> {}\n", fmt::join(types, ", "));
  }
  for (const ValueId id : graph.outputs()) constant(id);
  for (const ValueId id : graph.outputs()) text += fmt::format("  output {}\n", quote_name(graph.value(id).name));
  return text + "}\n";
}

}  // namespace galet
