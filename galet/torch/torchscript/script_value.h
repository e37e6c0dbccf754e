// What the values of a TorchScript program are while it is read: numbers, lists and constants as Python has them, tensors as places in the
// graph.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "galet/ir/graph.h"

namespace galet::torch {

/// A tensor object of the program. In-place operators change what it stands for, so that everybody who holds it sees the change; views
/// share `writes`, and a view (or its base) that missed a write is stale.
struct ScriptTensor {
  std::string name;
  Tensor constant;  // defined for parameters and what was computed from constants
  ValueId id;       // in the graph; invalid for constants that nobody needed yet
  TensorType type;
  std::shared_ptr<int64_t> writes = std::make_shared<int64_t>(0);  // to the storage that this tensor lies in
  int64_t seen = 0;                                                // of these writes
  bool stale() const { return seen != *writes; }
};
using Ref = std::shared_ptr<ScriptTensor>;

struct ScriptList;
struct ScriptDict;
struct ScriptObject;  // a module or anything else that only libtorch understands; defined in ivalues.h
struct Poison {};     // the result of an operator that could not be read: what depends on it is not complained about again

/// std::monostate is None.
using ScriptValue = std::variant<std::monostate, bool, int64_t, double, std::string, Ref, std::shared_ptr<ScriptList>,
                                 std::shared_ptr<ScriptDict>, std::shared_ptr<ScriptObject>, Poison>;

struct ScriptList {
  std::vector<ScriptValue> items;
  bool tuple = false;
};
struct ScriptDict {
  std::vector<std::pair<ScriptValue, ScriptValue>> items;  // in order of insertion
};

/// The tensor it is; nullptr for everything else.
inline Ref as_tensor(const ScriptValue& value) {
  const Ref* ref = std::get_if<Ref>(&value);
  return ref != nullptr ? *ref : nullptr;
}
inline const ScriptList* as_list(const ScriptValue& value) {
  const auto* list = std::get_if<std::shared_ptr<ScriptList>>(&value);
  return list != nullptr ? list->get() : nullptr;
}
inline bool is_none(const ScriptValue& value) { return std::holds_alternative<std::monostate>(value); }

/// Whether `test(leaf)` holds for any part of the value.
template <typename Test>
bool any_leaf(const ScriptValue& value, const Test& test) {
  if (const ScriptList* list = as_list(value)) {
    for (const ScriptValue& item : list->items)
      if (any_leaf(item, test)) return true;
    return false;
  }
  if (const auto* dict = std::get_if<std::shared_ptr<ScriptDict>>(&value)) {
    for (const auto& [key, item] : (*dict)->items)
      if (any_leaf(item, test)) return true;
    return false;
  }
  return test(value);
}
inline bool is_poisoned(const ScriptValue& value) {
  return any_leaf(value, [](const ScriptValue& leaf) { return std::holds_alternative<Poison>(leaf); });
}

}  // namespace galet::torch
