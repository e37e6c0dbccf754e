#include "galet/importers/pytorch/pickle.h"

#include <algorithm>

namespace galet::importers::pickle {

std::string_view to_string(Kind kind) {
  constexpr std::string_view kNames[] = {"none", "boolean", "integer", "big integer", "float",   "text",   "bytes", "tuple",
                                         "list", "dict",    "set",     "global",      "storage", "tensor", "object"};
  return kNames[static_cast<size_t>(kind)];
}

Heap::Heap() {
  for (const Kind kind : {Kind::none, Kind::boolean, Kind::boolean, Kind::tuple, Kind::real}) add(kind);
  objects_[kTrue].integer = 1;
}

Ref Heap::add(Object object) {
  if (objects_.size() >= kMaxObjects) fail("more than {} objects: this is no file of weights", kMaxObjects);
  objects_.push_back(std::move(object));
  return static_cast<Ref>(objects_.size() - 1);
}

void Heap::put(Ref container, Ref item) {
  const size_t depth = std::max<size_t>(objects_[container].depth, objects_[item].depth + size_t{1});
  if (depth > kMaxDepth) fail("containers lie more than {} deep in one another", kMaxDepth);
  if (++held_ > 4 * kMaxObjects) fail("containers hold more than {} items: this is no file of weights", 4 * kMaxObjects);
  objects_[container].depth = static_cast<uint16_t>(depth);
  objects_[container].items.push_back(item);
}

}  // namespace galet::importers::pickle
