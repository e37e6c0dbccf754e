// Lists, tuples, dictionaries and comparisons with None, which may hold tensors of the network.
#include <torch/csrc/jit/ir/ir.h>

#include <algorithm>

#include "galet/ops/slice.h"
#include "galet/torch/torchscript/interpreter.h"

namespace galet::torch {
namespace {

using ::torch::jit::Node;
using List = std::shared_ptr<ScriptList>;

List list_of(const ScriptValue& value) {
  const auto* list = std::get_if<List>(&value);
  return list != nullptr ? *list : nullptr;
}

List make_list(std::vector<ScriptValue> items, bool tuple) { return std::make_shared<ScriptList>(ScriptList{std::move(items), tuple}); }

int64_t integer(const ScriptValue& value) {
  if (const auto* n = std::get_if<int64_t>(&value)) return *n;
  if (is_none(value)) return 0;
  fail("an index is not known before the network runs");
}

size_t position(const List& list, const ScriptValue& index) {
  const auto n = static_cast<int64_t>(list->items.size());
  const int64_t i = integer(index);
  if (i < -n || i >= n) fail("index {} is outside a list of {}", i, n);
  return static_cast<size_t>(i < 0 ? i + n : i);
}

bool same_object(const ScriptValue& a, const ScriptValue& b) {
  if (is_none(a) || is_none(b)) return is_none(a) && is_none(b);
  if (as_tensor(a) || as_tensor(b)) return as_tensor(a) == as_tensor(b);
  if (a.index() != b.index()) return false;
  if (const auto* x = std::get_if<bool>(&a)) return *x == std::get<bool>(b);
  if (const auto* x = std::get_if<int64_t>(&a)) return *x == std::get<int64_t>(b);
  if (const auto* x = std::get_if<std::string>(&a)) return *x == std::get<std::string>(b);
  return list_of(a) == list_of(b);
}

std::vector<ScriptValue> sliced(const List& list, const std::vector<ScriptValue>& operands) {  // start end step
  const auto n = static_cast<int64_t>(list->items.size());
  const int64_t step = operands.size() > 3 && !is_none(operands[3]) ? integer(operands[3]) : 1;
  if (step < 1) fail("a list is sliced with a step of {}", step);
  const int64_t start = integer(operands.at(1)), end = operands.size() > 2 && !is_none(operands[2]) ? integer(operands[2]) : n;
  const ops::SliceRange range = ops::normalise_slice(n, start, end, step);
  std::vector<ScriptValue> items;
  for (int64_t i = range.start; i < range.end; i += step) items.push_back(list->items[static_cast<size_t>(i)]);
  return items;
}

ScriptValue* find(ScriptDict& dict, const ScriptValue& key) {
  for (auto& [mine, value] : dict.items)
    if (same_object(mine, key)) return &value;
  return nullptr;
}

/// Methods of lists; false where it is none.
bool of_list(const std::string& kind, const List& list, const std::vector<ScriptValue>& x, std::vector<ScriptValue>& results) {
  std::vector<ScriptValue>& items = list->items;
  if (kind == "__getitem__")
    results = {items[position(list, x.at(1))]};
  else if (kind == "_set_item")
    items[position(list, x.at(1))] = x.at(2), results = {x[0]};
  else if (kind == "len")
    results = {static_cast<int64_t>(items.size())};
  else if (kind == "append")
    items.push_back(x.at(1)), results = {x[0]};
  else if (kind == "insert")
    items.insert(items.begin() + std::clamp<int64_t>(integer(x.at(1)), 0, static_cast<int64_t>(items.size())), x.at(2));
  else if (kind == "pop") {
    const size_t at = position(list, x.size() > 1 ? x[1] : ScriptValue{int64_t{-1}});
    results = {items[at]};
    items.erase(items.begin() + static_cast<int64_t>(at));
  } else if (kind == "reverse")
    std::reverse(items.begin(), items.end());
  else if (kind == "slice")
    results = {make_list(sliced(list, x), list->tuple)};
  else if (kind == "list" || kind == "copy")
    results = {make_list(items, false)};
  else if ((kind == "add" || kind == "extend" || kind == "add_") && list_of(x.at(1))) {
    std::vector<ScriptValue> all = items;
    const List other = list_of(x[1]);
    all.insert(all.end(), other->items.begin(), other->items.end());
    if (kind == "add") {
      results = {make_list(std::move(all), list->tuple)};
    } else {
      items = std::move(all), results = {x[0]};
    }
  } else
    return false;
  return true;
}

bool of_dict(const std::string& kind, ScriptDict& dict, const std::vector<ScriptValue>& x, std::vector<ScriptValue>& results) {
  auto listed = [&](auto part) {
    std::vector<ScriptValue> items;
    for (const auto& entry : dict.items) items.push_back(part(entry));
    return ScriptValue{make_list(std::move(items), false)};
  };
  if (kind == "__getitem__") {
    ScriptValue* value = find(dict, x.at(1));
    if (value == nullptr) fail("a dictionary has no such key");
    results = {*value};
  } else if (kind == "__contains__") {
    results = {find(dict, x.at(1)) != nullptr};
  } else if (kind == "_set_item") {
    ScriptValue* value = find(dict, x.at(1));
    if (value != nullptr)
      *value = x.at(2);
    else
      dict.items.emplace_back(x.at(1), x.at(2));
  } else if (kind == "len") {
    results = {static_cast<int64_t>(dict.items.size())};
  } else if (kind == "keys") {
    results = {listed([](const auto& e) { return e.first; })};
  } else if (kind == "values") {
    results = {listed([](const auto& e) { return e.second; })};
  } else if (kind == "items") {
    results = {listed([](const auto& e) { return ScriptValue{make_list({e.first, e.second}, true)}; })};
  } else {
    return false;
  }
  return true;
}

}  // namespace

bool Interpreter::run_container(Frame& frame, Node& node, const std::vector<ScriptValue>& x) {
  switch (node.kind()) {
    case c10::prim::ListConstruct:
    case c10::prim::TupleConstruct:
      set(frame, node, {make_list(x, node.kind() == c10::prim::TupleConstruct)});
      return true;
    case c10::prim::DictConstruct: {
      auto dict = std::make_shared<ScriptDict>();
      for (size_t i = 0; i + 1 < x.size(); i += 2) dict->items.emplace_back(x[i], x[i + 1]);
      set(frame, node, {dict});
      return true;
    }
    case c10::prim::ListUnpack:
    case c10::prim::TupleUnpack:
      if (!list_of(x[0])) return false;
      if (list_of(x[0])->items.size() != node.outputs().size())
        fail("{} values are taken from a list of {}", node.outputs().size(), list_of(x[0])->items.size());
      set(frame, node, list_of(x[0])->items);
      return true;
    case c10::prim::TupleIndex:
      if (!list_of(x[0])) return false;
      set(frame, node, {list_of(x[0])->items[position(list_of(x[0]), x[1])]});
      return true;
    case c10::aten::__is__:
    case c10::aten::__isnot__:
      if (is_poisoned(x[0]) || is_poisoned(x[1])) return false;
      set(frame, node, {same_object(x[0], x[1]) == (node.kind() == c10::aten::__is__)});
      return true;
    default:
      break;
  }
  if (!node.kind().is_aten() || x.empty()) return false;
  std::vector<ScriptValue> results;
  const std::string kind = node.kind().toUnqualString();
  if (const List list = list_of(x[0]); list ? !of_list(kind, list, x, results) : true) {
    const auto* dict = std::get_if<std::shared_ptr<ScriptDict>>(&x[0]);
    if (dict == nullptr || !of_dict(kind, **dict, x, results)) return false;
  }
  if (!node.outputs().empty()) set(frame, node, std::move(results));
  return true;
}

}  // namespace galet::torch
