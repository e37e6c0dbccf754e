// What a pickle of weights is made of, as plain data. Objects live in a Heap and are known by index, so that structures which contain
// themselves need no care and nothing ever recurses.
#pragma once

#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "galet/importers/weights/element.h"

namespace galet::importers::pickle {

using importers::to_string;
using Ref = uint32_t;

enum class Kind : uint8_t {
  none,
  boolean,
  integer,
  big_integer,
  real,
  text,
  bytes,
  tuple,
  list,
  dict,
  set,
  global,
  storage,
  tensor,
  inert
};
std::string_view to_string(Kind kind);

struct Object {
  Kind kind = Kind::none;
  uint16_t depth = 0;      // of containers in it
  int64_t integer = 0;     // integer, boolean; index into globals(), storages, tensors. The values of floats are not kept
  std::string_view text;   // text, bytes, big_integer (little-endian): a view of the file
  std::vector<Ref> items;  // of tuple, list, set; of a dict key, value, key, value, ...
};

/// One array of elements that tensors view.
struct Storage {
  std::string key;
  Element element = Element::f32;
  bool untyped = false;  // its type is said by the tensors
  int64_t count = 0;     // elements (bytes where untyped)
};

struct TensorView {
  size_t storage = 0;
  Element element = Element::f32;
  int64_t offset = 0;  // elements
  Shape shape, strides;
};

/// Limits, so that memory stays within a small multiple of what was read.
constexpr size_t kMaxObjects = size_t{1} << 22, kMaxDepth = 100, kMaxMarks = 1000, kMaxRank = 64;

class Heap {
 public:
  /// What a pickle may hold any number of, at one byte each, is made once.
  enum Shared : Ref { kNone, kFalse, kTrue, kEmptyTuple, kReal };
  Heap();

  /// Throws Error at kMaxObjects.
  Ref add(Object object);
  Ref add(Kind kind) { return add(Object{.kind = kind, .text = {}, .items = {}}); }
  const Object& operator[](Ref ref) const { return objects_[ref]; }
  Object& at(Ref ref) { return objects_[ref]; }
  /// Puts an item into a container; throws Error where containers then lie deeper than kMaxDepth, or hold too much.
  void put(Ref container, Ref item);

  std::vector<Storage> storages;
  std::map<std::string, size_t> storage_index;  // by key
  std::vector<TensorView> tensors;

 private:
  std::deque<Object> objects_;
  size_t held_ = 0;  // items in containers
};

}  // namespace galet::importers::pickle
