#include "galet/torch/torchscript/script_ops.h"

#include <map>

namespace galet::torch {

const ScriptOp* find_script_op(std::string_view kind) {
  static const std::map<std::string_view, ScriptOp> all{
#define SCRIPT_OP(kind, convert) {#kind, {#kind, aten::convert, {}, false, false}},
#define SCRIPT_VIEW(kind, convert) {#kind, {#kind, aten::convert, {}, true, false}},
#define SCRIPT_SIMPLE(kind, op) {#kind, {#kind, nullptr, #op, false, false}},
#define SCRIPT_TYPE(kind) {#kind, {#kind, nullptr, {}, false, true}},
#include "galet/torch/torchscript/script_ops.inc"
#undef SCRIPT_OP
#undef SCRIPT_VIEW
#undef SCRIPT_SIMPLE
#undef SCRIPT_TYPE
  };
  const auto found = all.find(kind);
  return found == all.end() ? nullptr : &found->second;
}

}  // namespace galet::torch
