#include "galet/importers/onnx/node_import.h"

#include <algorithm>

#include "galet/ops/ops.h"

namespace galet::importers {

NodeImport::NodeImport(Conversion& conversion, const OnnxNode& source, const OnnxOp& op, std::string wanted)
    : node(source), row(op), name(std::move(wanted)), conversion_(conversion) {}

Ref NodeImport::operand(size_t i) const {
  if (!has(i)) fail("operand {} is missing", i);
  return conversion_.find(node.operands[i]);
}

std::vector<Ref> NodeImport::all_operands() const {
  std::vector<Ref> all;
  for (size_t i = 0; i < operands(); ++i) all.push_back(optional(i));
  return all;
}

Tensor NodeImport::constant(size_t i, std::string_view what) const {
  const Ref value = operand(i);
  if (const Tensor known = conversion_.known_value(value)) return known;
  std::string from;
  for (const std::string& source : value->sources) from += (from.empty() ? "" : ", ") + source;
  throw DataDependentError(fmt::format("{}: its {} \"{}\" is computed from data ({}); shapes must be known, bind that input to a value",
                                       describe(node), what, node.operands[i], from),
                           value->sources);
}

int64_t NodeImport::one_int(size_t i, std::string_view what) const {
  const Ints values = ints(i, what);
  if (values.size() != 1) fail("its {} has {} elements, expected 1", what, values.size());
  return values[0];
}

float NodeImport::one_float(const Tensor& tensor, std::string_view what) const {
  if (tensor.size() != 1) fail("its {} has {} elements, expected 1", what, tensor.size());
  return tensor.cast(DType::f32).data<float>()[0];
}

const Attribute* NodeImport::find(const std::string& attribute) const {
  if (const auto it = node.refused.find(attribute); it != node.refused.end()) fail("attribute {} {}", attribute, it->second);
  if (node.references.contains(attribute)) fail("attribute {} refers to an attribute of a function, outside a function", attribute);
  const auto it = node.attributes.find(attribute);
  return it == node.attributes.end() ? nullptr : &it->second;
}

template <typename T>
const T* NodeImport::get(const std::string& attribute, std::string_view wanted) const {
  const Attribute* found = find(attribute);
  if (found == nullptr) return nullptr;
  const T* value = std::get_if<T>(found);
  if (value == nullptr) fail("attribute {} is of type {}, expected {}", attribute, type_name(*found), wanted);
  return value;
}

int64_t NodeImport::get_int(const std::string& attribute, int64_t missing) const {
  const auto* value = get<int64_t>(attribute, "int");
  return value != nullptr ? *value : missing;
}

float NodeImport::get_float(const std::string& attribute, float missing) const {
  const auto* value = get<float>(attribute, "float");
  return value != nullptr ? *value : missing;
}

std::string NodeImport::get_string(const std::string& attribute, const std::string& missing) const {
  const auto* value = get<std::string>(attribute, "string");
  return value != nullptr ? *value : missing;
}

Ints NodeImport::get_ints(const std::string& attribute, const Ints& missing) const {
  const auto* value = get<Ints>(attribute, "ints");
  return value != nullptr ? *value : missing;
}

Floats NodeImport::get_floats(const std::string& attribute, const Floats& missing) const {
  const auto* value = get<Floats>(attribute, "floats");
  return value != nullptr ? *value : missing;
}

std::optional<Ints> NodeImport::ints_of(const std::string& attribute, size_t operand_index) const {
  if (has_attribute(attribute)) return get_ints(attribute, {});
  if (has(operand_index)) return ints(operand_index, attribute);
  return std::nullopt;
}

int64_t NodeImport::axis(int64_t given, int64_t rank) const {
  if (given < -rank || given >= rank) fail("axis {} is outside a tensor of {} dimensions", given, rank);
  return given < 0 ? given + rank : given;
}

Ints NodeImport::axes(const Ints& given, int64_t rank) const {
  Ints result;
  for (const int64_t one : given) {
    const int64_t resolved = axis(one, rank);
    if (std::find(result.begin(), result.end(), resolved) != result.end()) fail("axis {} is given twice", one);
    result.push_back(resolved);
  }
  return result;
}

std::vector<Ref> NodeImport::emit_all(std::string_view op, const std::vector<Ref>& operands, Attributes attributes) {
  const Op* found = ops::find(op);
  if (found == nullptr) fail("needs the operator {}, which galet has not", op);
  const std::string inner = conversion_.inner_name(name + "/" + std::string(op));
  return conversion_.emit(*found, inner, operands, std::move(attributes), {inner});
}

void NodeImport::finish(std::string_view op, const std::vector<Ref>& operands, Attributes attributes) {
  const Op* found = ops::find(op);
  if (found == nullptr) fail("needs the operator {}, which galet has not", op);
  std::vector<std::string> names = node.results;
  for (size_t i = 0; i < names.size(); ++i)
    if (names[i].empty()) names[i] = conversion_.inner_name(name + ":" + std::to_string(i));
  const std::vector<Ref> results = conversion_.emit(*found, name, operands, std::move(attributes), names);
  for (size_t i = 0; i < std::min(node.results.size(), results.size()); ++i)
    if (wants(i)) conversion_.define(node.results[i], results[i]);
}

void NodeImport::bind(const Ref& value, size_t i) {
  if (!wants(i)) return;
  if (value->constant || ops::find("identity") == nullptr) {
    conversion_.define(node.results[i], value);
    return;
  }
  conversion_.define(node.results[i], conversion_.emit(ops::get("identity"), name, {value}, {}, {node.results[i]}).at(0));
}

Ref NodeImport::constant_value(Tensor tensor, std::string_view what) const {
  auto value = std::make_shared<ImportValue>();
  value->name = conversion_.inner_name(name + "/" + std::string(what));
  value->constant = std::move(tensor);
  return value;
}

Ref NodeImport::reshape(const Ref& value, const Shape& wanted) {
  if (shape(value) == wanted) return value;
  if (!value->constant) {
    Ref result = emit("reshape", {value}, {{"shape", Ints(wanted)}});
    if (result->dequantized) result->name = value->name;
    return result;
  }
  auto copy = std::make_shared<ImportValue>(*value);
  copy->id = {};
  copy->constant = value->constant.reshaped(wanted);
  return copy;
}

Ref NodeImport::transpose(const Ref& value, const Ints& perm) {
  Ref result = emit("transpose", {value}, {{"perm", perm}});
  if (result->constant || result->dequantized) result->name = value->name;
  return result;
}

}  // namespace galet::importers
