#include "galet/torch/torchscript/script_node.h"

#include <algorithm>

namespace galet::torch {

const ScriptValue& ScriptNode::value(size_t i) const {
  static const ScriptValue none;
  return i < operands_.size() ? operands_[i] : none;
}

bool ScriptNode::is_number(size_t i) const {
  const ScriptValue& v = value(i);
  return std::holds_alternative<bool>(v) || std::holds_alternative<int64_t>(v) || std::holds_alternative<double>(v);
}

Ref ScriptNode::tensor(size_t i) const {
  const ScriptValue& v = value(i);
  if (Ref ref = as_tensor(v)) return ref;
  if (const auto* b = std::get_if<bool>(&v)) return constant(Tensor::scalar(*b), "number");
  if (const auto* n = std::get_if<int64_t>(&v)) return constant(Tensor::scalar(*n), "number");
  if (const auto* x = std::get_if<double>(&v)) return constant(Tensor::scalar(static_cast<float>(*x)), "number");
  fail("operand {} is no tensor", i);
}

std::vector<Ref> ScriptNode::tensors(size_t i) const {
  const ScriptList* list = as_list(value(i));
  if (list == nullptr) fail("operand {} is no list of tensors", i);
  std::vector<Ref> result;
  for (const ScriptValue& item : list->items) {
    if (!as_tensor(item)) fail("operand {} is no list of tensors", i);
    result.push_back(as_tensor(item));
  }
  return result;
}

int64_t ScriptNode::integer(size_t i) const {
  if (const auto* n = std::get_if<int64_t>(&value(i))) return *n;
  if (const Ref x = as_tensor(value(i)); x && x->constant && x->constant.size() == 1) return x->constant.to_ints()[0];
  fail("operand {} is not a whole number known before the network runs", i);
}

double ScriptNode::real(size_t i) const {
  if (const auto* x = std::get_if<double>(&value(i))) return *x;
  if (const auto* b = std::get_if<bool>(&value(i))) return *b ? 1 : 0;
  if (const Ref x = as_tensor(value(i)); x && x->constant && x->constant.size() == 1) return x->constant.cast(DType::f64).data<double>()[0];
  return static_cast<double>(integer(i));
}

bool ScriptNode::boolean(size_t i) const {
  if (const auto* b = std::get_if<bool>(&value(i))) return *b;
  if (const auto* n = std::get_if<int64_t>(&value(i))) return *n != 0;
  fail("operand {} is not a truth value known before the network runs", i);
}

const std::string& ScriptNode::text(size_t i) const {
  if (const auto* s = std::get_if<std::string>(&value(i))) return *s;
  fail("operand {} is no text", i);
}

Ints ScriptNode::ints(size_t i, size_t n) const {
  Ints result;
  if (const ScriptList* list = as_list(value(i))) {
    for (const ScriptValue& item : list->items) {
      const auto* number = std::get_if<int64_t>(&item);
      if (number == nullptr) fail("operand {} is not a list of whole numbers known before the network runs", i);
      result.push_back(*number);
    }
  } else if (const Ref x = as_tensor(value(i)); x && x->constant) {
    result = x->constant.to_ints();
  } else {
    result = {integer(i)};
  }
  if (n != 0 && result.size() == 1) result.assign(n, result[0]);
  if (n != 0 && result.size() != n) fail("operand {} has {} numbers, expected {}", i, result.size(), n);
  return result;
}

int64_t ScriptNode::axis(int64_t given, int64_t rank) const {
  const int64_t extent = std::max<int64_t>(rank, 1);
  if (given < -extent || given >= extent) fail("axis {} is outside a tensor of {} dimensions", given, rank);
  return given < 0 ? given + extent : given;
}

Ints ScriptNode::axes(const Ints& given, int64_t rank) const {
  Ints result;
  for (const int64_t one : given) result.push_back(axis(one, rank));
  std::sort(result.begin(), result.end());
  if (std::adjacent_find(result.begin(), result.end()) != result.end()) fail("an axis is given twice");
  return result;
}

std::string ScriptNode::name() const {
  if (!named_.empty()) return named_;
  if (leaf_ && !scope.empty()) return scope;
  return scope.empty() ? kind : scope + "." + kind;
}

void ScriptNode::name_after(const Ref& parameter) {
  const size_t dot = parameter && parameter->constant ? parameter->name.rfind('.') : std::string::npos;
  if (dot != std::string::npos && dot > 0) named_ = parameter->name.substr(0, dot);
}

std::vector<Ref> ScriptNode::emit_all(std::string_view op, const std::vector<Ref>& operands, Attributes attributes) {
  try {
    return builder_.emit(op, name(), operands, std::move(attributes));
  } catch (const Error& error) {
    fail("{}", error.what());
  }
}

Ref ScriptNode::number(double value, DType type, std::string_view what) const { return constant(Tensor::scalar(value).cast(type), what); }

Ref ScriptNode::reshape(const Ref& x, const Shape& wanted) {
  if (x->type.shape == wanted) return x;
  Ref result = emit("reshape", {x}, {{"shape", Ints(wanted)}});
  if (result->constant) result->name = x->name;
  return result;
}

Ref ScriptNode::cast(const Ref& x, DType type) {
  if (x->type.dtype == type) return x;
  return emit("cast", {x}, {{"to", std::string(to_string(type))}});
}

void ScriptNode::give_list(const std::vector<Ref>& list) {
  auto result = std::make_shared<ScriptList>();
  for (const Ref& x : list) result->items.emplace_back(x);
  results_.emplace_back(std::move(result));
}

}  // namespace galet::torch
