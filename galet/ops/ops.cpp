#include "galet/ops/ops.h"

#include <map>

namespace galet::ops {

#define OP(name) Op name##_op();
#include "galet/ops/ops.inc"
#undef OP

std::span<const Op> all() {
  static const std::vector<Op> list{
#define OP(name) name##_op(),
#include "galet/ops/ops.inc"
#undef OP
  };
  return list;
}

const Op* find(std::string_view name) {
  static const std::map<std::string_view, const Op*> index = [] {
    std::map<std::string_view, const Op*> map;
    for (const Op& op : all()) map.emplace(op.name, &op);
    return map;
  }();
  const auto it = index.find(name);
  return it == index.end() ? nullptr : it->second;
}

const Op& get(std::string_view name) {
  if (const Op* op = find(name)) return *op;
  fail("unknown operator \"{}\"", name);
}

}  // namespace galet::ops
