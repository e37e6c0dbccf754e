// Reductions and choices along axes.
#include <map>

#include "galet/torch/torchscript/script_ops.h"

namespace galet::torch::aten {
namespace {

Ints all_axes(const ScriptNode& node) {
  Ints axes;
  for (int64_t i = 0; i < node.rank(0); ++i) axes.push_back(i);
  return axes;
}

/// The axes of operand i; none or an empty list means all.
Ints axes_of(const ScriptNode& node, size_t i) {
  const Ints given = node.has(i) ? node.ints(i) : Ints{};
  return given.empty() ? all_axes(node) : node.axes(given, node.rank(0));
}

Ref reduce(ScriptNode& node, std::string_view op, const Ref& x, const Ints& axes, bool keep) {
  return node.emit(op, {x}, {{"axes", axes}, {"keepdims", int64_t{keep}}});
}

Ref numeric(ScriptNode& node) {  // sums of truth values and integers are 64-bit integers
  const Ref x = node.tensor(0);
  return x->type.dtype == DType::f32 || x->type.dtype == DType::f64 ? x : node.cast(x, DType::i64);
}

}  // namespace

/// (self, dtype) over everything, or (self, dim, keepdim, dtype).
void import_reduce(ScriptNode& node) {
  static const std::map<std::string_view, std::string_view> ops{
      {"mean", "reduce_mean"}, {"sum", "reduce_sum"}, {"amax", "reduce_max"}, {"amin", "reduce_min"}, {"logsumexp", "reduce_log_sum_exp"}};
  const bool everything =
      std::holds_alternative<int64_t>(node.value(1)) && node.operands() == 2 && node.kind != "amax" && node.kind != "amin";
  const bool whole = everything || node.operands() <= 2;
  Ref x = numeric(node);
  const size_t dtype_at = whole ? 1 : 3;
  const bool sums = node.kind == "mean" || node.kind == "sum";
  if (sums && node.has(dtype_at) && !as_list(node.value(dtype_at))) x = node.cast(x, dtype_of_code(node, node.integer(dtype_at)));
  if (sums && whole) return node.give(reduce(node, ops.at(node.kind), x, all_axes(node), false));
  node.give(reduce(node, ops.at(node.kind), x, axes_of(node, 1), node.has(2) && node.boolean(2)));
}

/// (self, unbiased), (self, dim, unbiased, keepdim) or (self, dim, *, correction, keepdim).
void import_var(ScriptNode& node) {
  const bool whole = std::holds_alternative<bool>(node.value(1));
  const Ints axes = whole ? all_axes(node) : axes_of(node, 1);
  const size_t at = whole ? 1 : 2;
  const int64_t correction = !node.has(at)                                  ? 1
                             : std::holds_alternative<bool>(node.value(at)) ? int64_t{node.boolean(at)}
                                                                            : node.integer(at);
  const bool keep = !whole && node.has(3) && node.boolean(3);
  const Ref x = node.tensor(0);
  int64_t n = 1;
  for (const int64_t axis : axes) n *= x->type.shape[static_cast<size_t>(axis)];
  const Ref centred = node.emit("sub", {x, reduce(node, "reduce_mean", x, axes, true)});
  const Ref squares = reduce(node, "reduce_sum", node.emit("mul", {centred, centred}), axes, keep);
  const Ref variance = node.emit("div", {squares, node.number(static_cast<double>(n - correction), x->type.dtype, "count")});
  node.give(node.kind == "std" ? node.emit("sqrt", {variance}) : variance);
}

/// (self, p) or (self, p, dim, keepdim).
void import_norm(ScriptNode& node) {
  const double p = node.has(1) ? node.real(1) : 2;
  if (p != 1 && p != 2) node.fail("of order {} is not supported, only 1 and 2", p);
  node.give(reduce(node, p == 1 ? "reduce_l1" : "reduce_l2", node.tensor(0), axes_of(node, 2), node.has(3) && node.boolean(3)));
}

/// max(self), max(self, other), max(self, dim, keepdim) -> values, indices.
void import_extreme(ScriptNode& node) {
  const bool greatest = node.kind == "max";
  const std::string_view op = greatest ? "reduce_max" : "reduce_min";
  if (!node.has(1)) return node.give(reduce(node, op, node.tensor(0), all_axes(node), false));
  if (as_tensor(node.value(1))) return greatest ? import_maximum(node) : import_minimum(node);
  const int64_t axis = node.axis(node.integer(1), node.rank(0));
  const bool keep = node.has(2) && node.boolean(2);
  node.give(reduce(node, op, node.tensor(0), {axis}, keep));
  node.give(node.emit(greatest ? "arg_max" : "arg_min", {node.tensor(0)}, {{"axis", axis}, {"keepdims", int64_t{keep}}}));
}

void import_arg(ScriptNode& node) {  // self dim keepdim
  Ref x = node.tensor(0);
  const bool whole = !node.has(1);
  if (whole) x = node.reshape(x, {count(x->type.shape)});
  const int64_t axis = whole ? 0 : node.axis(node.integer(1), node.rank(0));
  node.finish(node.kind == "argmax" ? "arg_max" : "arg_min", {x},
              {{"axis", axis}, {"keepdims", int64_t{!whole && node.has(2) && node.boolean(2)}}});
}

void import_topk(ScriptNode& node) {  // self k dim largest sorted
  const std::vector<Ref> both =
      node.emit_all("top_k", {node.tensor(0)},
                    {{"k", node.integer(1)}, {"axis", node.axis(node.integer(2), node.rank(0))}, {"largest", int64_t{node.boolean(3)}}});
  node.give(both.at(0)), node.give(both.at(1));
}

void import_cumsum(ScriptNode& node) { node.finish("cum_sum", {numeric(node)}, {{"axis", node.axis(node.integer(1), node.rank(0))}}); }

}  // namespace galet::torch::aten
