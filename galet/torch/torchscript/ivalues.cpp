#include "galet/torch/torchscript/ivalues.h"

#include <ATen/ATen.h>
#include <ATen/core/jit_type.h>

#include "galet/torch/tensors.h"

namespace galet::torch {
namespace {

bool plain_object(const ScriptValue& leaf) {
  const auto* object = std::get_if<std::shared_ptr<ScriptObject>>(&leaf);
  return object == nullptr || !(*object)->value.isObject();
}

/// As libtorch holds lists: typed where the type is known.
c10::impl::GenericList list_of(const c10::TypePtr& element) { return c10::impl::GenericList(element); }

}  // namespace

bool IValues::known(const ScriptValue& value) {
  return !any_leaf(value, [](const ScriptValue& leaf) {
    const Ref tensor = as_tensor(leaf);
    return (tensor && !tensor->constant) || std::holds_alternative<Poison>(leaf) || !plain_object(leaf);
  });
}

bool IValues::known_type(const ScriptValue& value) {
  return !any_leaf(value, [](const ScriptValue& leaf) { return std::holds_alternative<Poison>(leaf) || !plain_object(leaf); });
}

ScriptValue IValues::from(const c10::IValue& value, const std::string& name) {
  if (value.isNone()) return {};
  if (value.isBool()) return value.toBool();
  if (value.isInt()) return value.toInt();
  if (value.isDouble()) return value.toDouble();
  if (value.isString()) return value.toStringRef();
  if (value.isTensor()) {
    const at::Tensor& tensor = value.toTensor();
    if (!tensor.defined()) return {};
    auto& [kept, ref] = tensors_[tensor.unsafeGetTensorImpl()];
    if (!ref) {
      if (tensor.is_quantized() || tensor.is_sparse())
        fail("\"{}\" is a {} tensor, expected a dense one of plain numbers", name, tensor.is_sparse() ? "sparse" : "quantized");
      if (tensor.numel() > kMostElements) fail("\"{}\" has {} elements, at most {} are read", name, tensor.numel(), kMostElements);
      kept = tensor;
      ref = builder_.constant(name, from_torch(tensor));
    }
    return ref;
  }
  if (value.isList() || value.isTuple()) {
    auto list = std::make_shared<ScriptList>();
    list->tuple = value.isTuple();
    int i = 0;
    auto add = [&](const c10::IValue& item) { list->items.push_back(from(item, fmt::format("{}.{}", name, i++))); };
    if (value.isTuple())
      for (const c10::IValue& item : value.toTupleRef().elements()) add(item);
    else
      for (const c10::IValue& item : value.toListRef()) add(item);
    return list;
  }
  if (value.isGenericDict()) {
    auto dict = std::make_shared<ScriptDict>();
    for (const auto& entry : value.toGenericDict())
      dict->items.emplace_back(from(entry.key(), name + ".key"), from(entry.value(), name + ".value"));
    return dict;
  }
  return std::make_shared<ScriptObject>(ScriptObject{value, name});
}

c10::IValue IValues::to(const ScriptValue& value, const c10::TypePtr& given, bool shapes_only) const {
  c10::TypePtr type = given;
  if (const auto optional = type->cast<c10::OptionalType>()) type = optional->getElementType();
  if (is_none(value)) return {};
  if (const auto* b = std::get_if<bool>(&value)) return *b;
  if (const auto* n = std::get_if<int64_t>(&value)) {
    if (type->kind() == c10::TypeKind::FloatType) return static_cast<double>(*n);
    if (type->kind() == c10::TypeKind::TensorType) return at::scalar_tensor(*n, at::kLong);
    return *n;
  }
  if (const auto* x = std::get_if<double>(&value)) {
    if (type->kind() == c10::TypeKind::TensorType) return at::scalar_tensor(*x, at::kDouble);
    return *x;
  }
  if (const auto* s = std::get_if<std::string>(&value)) return *s;
  if (const Ref tensor = as_tensor(value)) {
    if (tensor->stale()) fail("reads \"{}\" after another view of the same memory was written to", tensor->name);
    if (shapes_only) return at::zeros({1}, at::TensorOptions().dtype(scalar_type(tensor->type.dtype))).expand(tensor->type.shape);
    return to_torch(tensor->constant);
  }
  if (const ScriptList* list = as_list(value)) {
    std::vector<c10::IValue> items;
    const auto tuple = type->cast<c10::TupleType>();
    const auto list_type = type->cast<c10::ListType>();
    for (size_t i = 0; i < list->items.size(); ++i) {
      const c10::TypePtr element = list_type                               ? list_type->getElementType()
                                   : tuple && i < tuple->elements().size() ? tuple->elements()[i]
                                                                           : c10::AnyType::get();
      items.push_back(to(list->items[i], element, shapes_only));
    }
    if (list->tuple) return c10::ivalue::Tuple::create(std::move(items));
    auto result = list_of(list_type ? list_type->getElementType() : items.empty() ? c10::AnyType::get() : items[0].type());
    for (c10::IValue& item : items) result.push_back(std::move(item));
    return result;
  }
  if (const auto* object = std::get_if<std::shared_ptr<ScriptObject>>(&value)) return (*object)->value;
  fail("a dictionary cannot be computed with while importing");
}

}  // namespace galet::torch
