// Functions of two tensors, with PyTorch's promotion of types.
#include "galet/torch/torchscript/script_ops.h"

namespace galet::torch::aten {
namespace {

int category(DType type) {  // bool < integer < float
  if (type == DType::boolean) return 0;
  return type == DType::f32 || type == DType::f64 ? 2 : 1;
}

DType wider(DType a, DType b) {
  if (category(a) != category(b)) return category(a) > category(b) ? a : b;
  if (a == b) return a;
  if (category(a) == 2) return DType::f64;
  if (size_of(a) != size_of(b)) return size_of(a) > size_of(b) ? a : b;
  return a == DType::u8 || b == DType::u8 ? DType::i16 : a;
}

Ref times(ScriptNode& node, const Ref& x, size_t i) {  // alpha
  const double factor = node.has(i) ? node.real(i) : 1;
  return factor == 1 ? x : node.emit("mul", {x, node.number(factor, x->type.dtype, "alpha")});
}

void same(ScriptNode& node, std::string_view op) {
  const auto [a, b] = promoted(node);
  node.finish(op, {a, b});
}

std::pair<Ref, Ref> floats(ScriptNode& node) {
  const auto [a, b] = promoted(node);
  const DType type = category(a->type.dtype) == 2 ? a->type.dtype : DType::f32;
  return {node.cast(a, type), node.cast(b, type)};
}

}  // namespace

std::pair<Ref, Ref> promoted(ScriptNode& node) {
  const Ref a = node.tensor(0), b = node.tensor(1);
  const DType x = a->type.dtype, y = b->type.dtype;
  const bool weak_a = node.is_number(0) || (a->type.shape.empty() && !b->type.shape.empty());
  const bool weak_b = node.is_number(1) || (b->type.shape.empty() && !a->type.shape.empty());
  DType type = wider(x, y);
  if (weak_b && !weak_a && category(y) <= category(x)) type = x;
  if (weak_a && !weak_b && category(x) <= category(y)) type = y;
  return {node.cast(a, type), node.cast(b, type)};
}

void import_add(ScriptNode& node) {
  const auto [a, b] = promoted(node);
  node.finish("add", {a, times(node, b, 2)});
}

void import_sub(ScriptNode& node) {
  const auto [a, b] = promoted(node);
  node.finish("sub", {a, times(node, b, 2)});
}

void import_rsub(ScriptNode& node) {  // other - alpha * self
  const auto [a, b] = promoted(node);
  node.finish("sub", {b, times(node, a, 2)});
}

void import_mul(ScriptNode& node) { same(node, "mul"); }

void import_div(ScriptNode& node) {
  const auto [a, b] = floats(node);
  if (!node.has(2)) return node.finish("div", {a, b});
  if (node.text(2) != "floor") node.fail("rounding_mode \"{}\" is not supported", node.text(2));
  node.finish("floor", {node.emit("div", {a, b})});
}

void import_floor_divide(ScriptNode& node) {
  const DType type = promoted(node).first->type.dtype;
  const auto [a, b] = floats(node);
  node.give(node.cast(node.emit("floor", {node.emit("div", {a, b})}), type));
}

void import_pow(ScriptNode& node) {
  if (node.is_number(1) && node.real(1) == 2) return node.finish("mul", {node.tensor(0), node.tensor(0)});
  const auto [a, b] = floats(node);
  node.finish("pow", {a, b});
}

void import_maximum(ScriptNode& node) { same(node, "max"); }
void import_minimum(ScriptNode& node) { same(node, "min"); }

void import_compare(ScriptNode& node) {
  const auto [a, b] = promoted(node);
  if (node.kind == "ne") return node.finish("not", {node.emit("equal", {a, b})});
  node.finish(node.kind == "eq"   ? "equal"
              : node.kind == "lt" ? "less"
              : node.kind == "le" ? "less_or_equal"
              : node.kind == "gt" ? "greater"
                                  : "greater_or_equal",
              {a, b});
}

void import_logical(ScriptNode& node) {
  const Ref a = node.tensor(0), b = node.tensor(1);
  if (a->type.dtype != DType::boolean || b->type.dtype != DType::boolean) node.fail("of numbers is not supported, only of truth values");
  node.finish(node.kind.find("or") == std::string::npos ? "and" : "or", {a, b});
}

void import_where(ScriptNode& node) {
  if (node.operands() != 3) node.fail("lists positions, whose number depends on data");
  const Ref a = node.tensor(1), b = node.tensor(2);
  const DType type = node.is_number(2) ? a->type.dtype : node.is_number(1) ? b->type.dtype : wider(a->type.dtype, b->type.dtype);
  node.finish("where", {node.tensor(0), node.cast(a, type), node.cast(b, type)});
}

void import_masked_fill(ScriptNode& node) {  // self mask value
  const Ref x = node.tensor(0);
  node.finish("where", {node.tensor(1), node.cast(node.tensor(2), x->type.dtype), x});
}

void import_copy(ScriptNode& node) {  // self src
  const Ref x = node.cast(node.tensor(1), node.tensor(0)->type.dtype);
  node.finish("expand", {x}, {{"shape", Ints(node.shape(0))}});
}

void import_fill(ScriptNode& node) {  // self [value]
  const Ref x = node.tensor(0);
  const Ref value = node.has(1) ? node.cast(node.tensor(1), x->type.dtype) : node.number(0, x->type.dtype, "zero");
  node.finish("expand", {value}, {{"shape", Ints(x->type.shape)}});
}

}  // namespace galet::torch::aten
