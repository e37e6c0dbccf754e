#include "galet/ir/op.h"

namespace galet {

void OpCall::raise(const std::string& text) const { throw Error(fmt::format("{} \"{}\": {}", op.name, node, text)); }

std::string OpCall::operand_name(size_t i) const {
  if (op.operands.empty()) return "operand " + std::to_string(i);
  std::string name(op.operands[std::min(i, op.operands.size() - 1)]);
  const bool variadic = name.ends_with("...");
  if (variadic) name.resize(name.size() - 3);
  if (name.ends_with("?")) name.pop_back();
  return variadic ? name + "[" + std::to_string(i + 1 - op.operands.size()) + "]" : name;
}

const TensorType& OpCall::type(size_t i) const {
  if (!has(i)) fail("{} is missing", operand_name(i));
  return operands[i].type;
}

void OpCall::expect_rank(size_t i, size_t wanted, std::string_view layout) const {
  if (rank(i) != wanted) fail("{} has {} dimensions ({}), expected {} ({})", operand_name(i), rank(i), to_string(shape(i)), wanted, layout);
}

bool OpCall::has_attribute(std::string_view name) const {
  if (attributes.find(name) != attributes.end()) return true;
  for (const AttributeSpec& spec : op.attributes)
    if (spec.name == name) return !spec.required && !spec.optional;
  return false;
}

const Attribute& OpCall::attribute(std::string_view name) const {
  if (const auto it = attributes.find(name); it != attributes.end()) return it->second;
  for (const AttributeSpec& spec : op.attributes)
    if (spec.name == name && !spec.required && !spec.optional) return spec.example;
  fail("attribute {} is missing", name);
}

template <typename T>
const T& OpCall::get(std::string_view name, std::string_view wanted) const {
  const Attribute& found = attribute(name);
  if (const T* value = std::get_if<T>(&found)) return *value;
  fail("attribute {} is of type {}, expected {}", name, type_name(found), wanted);
}

int64_t OpCall::get_int(std::string_view name) const { return get<int64_t>(name, "int"); }
float OpCall::get_float(std::string_view name) const { return get<float>(name, "float"); }
const std::string& OpCall::get_string(std::string_view name) const { return get<std::string>(name, "string"); }
const Ints& OpCall::get_ints(std::string_view name) const { return get<Ints>(name, "ints"); }
const Floats& OpCall::get_floats(std::string_view name) const { return get<Floats>(name, "floats"); }
const Tensor& OpCall::get_tensor(std::string_view name) const { return get<Tensor>(name, "tensor"); }

}  // namespace galet
