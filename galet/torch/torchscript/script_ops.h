// The functions that convert TorchScript operators, and the table that script_ops.inc makes.
#pragma once

#include "galet/torch/torchscript/script_node.h"

namespace galet::torch {

/// How one operator is read.
struct ScriptOp {
  std::string_view kind;
  void (*convert)(ScriptNode& node) = nullptr;
  std::string_view simple;  // galet's operator of one operand, where `convert` is absent
  bool view = false;        // results lie in the memory of operand 0
  bool type_only = false;   // depends on shapes and types alone
};

/// The row of a kind without namespace and without the underscore of in-place variants; nullptr when there is none.
const ScriptOp* find_script_op(std::string_view kind);

namespace aten {

#define SCRIPT_OP(kind, convert) void convert(ScriptNode& node);
#define SCRIPT_VIEW(kind, convert) void convert(ScriptNode& node);
#define SCRIPT_SIMPLE(kind, op)
#define SCRIPT_TYPE(kind)
#include "galet/torch/torchscript/script_ops.inc"
#undef SCRIPT_OP
#undef SCRIPT_VIEW
#undef SCRIPT_SIMPLE
#undef SCRIPT_TYPE

/// The operands 0 and 1 with one element type, found as PyTorch promotes types: a number adopts the tensor's type where that can hold it.
std::pair<Ref, Ref> promoted(ScriptNode& node);
/// (n, c, w) as (n, c, 1, w); anything else as it is.
Ref lifted(ScriptNode& node, const Ref& x);
/// The element type of a PyTorch dtype code (an integer in TorchScript).
DType dtype_of_code(const ScriptNode& node, int64_t code);

}  // namespace aten
}  // namespace galet::torch
