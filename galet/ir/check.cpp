#include "galet/ir/check.h"

#include <algorithm>

#include "galet/ir/graph.h"

namespace galet {

void check_schema(const OpCall& call) {
  const Op& op = call.op;
  for (const auto& [name, attribute] : call.attributes) {
    const auto spec = std::find_if(op.attributes.begin(), op.attributes.end(),
                                   [&, key = std::string_view(name)](const AttributeSpec& s) { return s.name == key; });
    if (spec == op.attributes.end()) call.fail("unknown attribute {}", name);
    if (spec->example.index() != attribute.index())
      call.fail("attribute {} is of type {}, expected {}", name, type_name(attribute), type_name(spec->example));
  }
  for (const AttributeSpec& spec : op.attributes)
    if (spec.required && call.attributes.find(spec.name) == call.attributes.end()) call.fail("attribute {} is missing", spec.name);
  const bool variadic = !op.operands.empty() && op.operands.back().ends_with("...");
  const size_t most = variadic ? SIZE_MAX : op.operands.size();
  if (call.operands.size() > most) call.fail("{} operands given, expected at most {}", call.operands.size(), most);
  for (size_t i = 0; i < op.operands.size(); ++i)
    if (!op.operands[i].ends_with("?") && !call.has(i)) call.fail("{} is missing", call.operand_name(i));
}

namespace {

void check_levels(const Value& value) {
  const QuantSpec& spec = *value.quant;
  auto wrong = [&](const std::string& text) { fail("value \"{}\": {}", value.name, text); };
  if (!spec.levels.empty()) {
    if (spec.dynamic || size_of(spec.storage) != 1) wrong(fmt::format("a codebook needs u8 or i8 codes, not {}", to_string(spec.storage)));
    for (size_t i = 1; i < spec.levels.size(); ++i)
      if (spec.levels[i] <= spec.levels[i - 1]) wrong("the levels of its codebook do not ascend");
    if (spec.levels.front() != spec.qmin || spec.levels.back() != spec.qmax)
      wrong(fmt::format("its levels run from {} to {}, its codes from {} to {}", spec.levels.front(), spec.levels.back(), spec.qmin,
                        spec.qmax));
  }
  if (!is_low_bit(spec)) return;
  const bool i8 = spec.storage == DType::i8;
  if (spec.qmin < (i8 ? -128 : 0) || spec.qmax > (i8 ? 127 : 255))
    wrong(fmt::format("codes {}..{} are more than {} holds", spec.qmin, spec.qmax, to_string(spec.storage)));
  if (!value.is_constant()) return;
  dispatch(spec.storage, [&](auto zero) {
    for (const auto element : value.constant.span<decltype(zero)>()) {
      const auto code = static_cast<int32_t>(element);
      if (code < spec.qmin || code > spec.qmax || nearest_level(spec.levels, code) != code)
        wrong(fmt::format("its code {} is not one of those in use", code));
    }
  });
}

void check_quant(const Value& value) {
  const QuantSpec& spec = *value.quant;
  auto wrong = [&](const std::string& text) { fail("value \"{}\": {}", value.name, text); };
  if (value.is_constant() && value.constant.dtype() != spec.storage)
    wrong(fmt::format("its constant is of {} but its quantization stores {}", to_string(value.constant.dtype()), to_string(spec.storage)));
  if (spec.qmin > spec.qmax) wrong(fmt::format("codes {}..{} are empty", spec.qmin, spec.qmax));
  if (spec.scales.size() != spec.zero_points.size()) wrong("scales and zero points differ in number");
  check_levels(value);
  if (spec.dynamic) return;
  size_t wanted = 1;
  if (spec.axis >= 0) {
    if (static_cast<size_t>(spec.axis) >= value.shape.size())
      wrong(fmt::format("channel axis {} of shape {}", spec.axis, to_string(value.shape)));
    wanted = static_cast<size_t>(value.shape[static_cast<size_t>(spec.axis)]);
  }
  if (spec.scales.size() != wanted) wrong(fmt::format("{} scales, expected {}", spec.scales.size(), wanted));
  for (size_t i = 0; i < spec.scales.size(); ++i) {
    if (!(spec.scales[i] > 0) || spec.scales[i] > 3.4e38f) wrong(fmt::format("scale {} is not positive and finite", spec.scales[i]));
    if (spec.storage != DType::i32 && (spec.zero_points[i] < -128 || spec.zero_points[i] > 255))
      wrong(fmt::format("zero point {} is out of range", spec.zero_points[i]));
  }
}

}  // namespace

void verify(const Graph& graph) {
  for (const NodeId id : graph.order()) {
    const Node& node = graph.node(id);
    const OpCall call = graph.call(id);
    check_schema(call);
    const std::vector<TensorType> types = node.op->infer(call);
    if (types.size() != node.results.size()) call.fail("{} results, its shape rule gives {}", node.results.size(), types.size());
    for (size_t i = 0; i < types.size(); ++i) {
      const Value& result = graph.value(node.results[i]);
      if (!(TensorType{result.dtype, result.shape} == types[i]))
        call.fail("result \"{}\" is {}[{}], its shape rule gives {}[{}]", result.name, to_string(result.dtype), to_string(result.shape),
                  to_string(types[i].dtype), to_string(types[i].shape));
      if (result.producer != id) call.fail("result \"{}\" names another producer", result.name);
    }
  }
  for (const ValueId id : graph.values()) {
    const Value& value = graph.value(id);
    if (value.is_constant() && value.constant.shape() != value.shape)
      fail("value \"{}\": its constant has shape {}, expected {}", value.name, to_string(value.constant.shape()), to_string(value.shape));
    if (value.mask.defined() && value.mask.shape() != value.shape)
      fail("value \"{}\": its mask has shape {}, expected {}", value.name, to_string(value.mask.shape()), to_string(value.shape));
    if (value.quant) check_quant(value);
  }
  for (const ValueId id : graph.outputs())
    if (const Value& v = graph.value(id);
        !v.producer.valid() && !v.is_constant() && std::find(graph.inputs().begin(), graph.inputs().end(), id) == graph.inputs().end())
      fail("output \"{}\" is computed by no node", v.name);
}

}  // namespace galet
