// Pools. One-dimensional ones become two-dimensional ones of height 1.
#include <algorithm>

#include "galet/torch/torchscript/script_ops.h"

namespace galet::torch::aten {
namespace {

Ints with_height(Ints list, int64_t height) {
  if (list.size() == 1) list.insert(list.begin(), height);
  return list;
}

/// Operands 1.. of every pool: kernel stride padding; a missing stride is the kernel.
Attributes window(const ScriptNode& node, size_t n) {
  const Ints kernel = node.ints(1, n), given = node.ints(2);
  const Ints pads = with_height(node.ints(3, n), 0);
  return {{"kernel", with_height(kernel, 1)},
          {"strides", with_height(given.empty() ? kernel : node.ints(2, n), 1)},
          {"pads", Ints{pads[0], pads[1], pads[0], pads[1]}}};
}

void pool(ScriptNode& node, std::string_view op, Attributes attributes) {
  const bool flat = node.kind.ends_with("1d");
  if (node.rank(0) != (flat ? 3 : 4)) node.fail("src of shape {} has no batch", to_string(node.shape(0)));
  const Ref y = node.emit(op, {lifted(node, node.tensor(0))}, std::move(attributes));
  const Shape s = y->type.shape;
  node.give(flat ? node.reshape(y, {s[0], s[1], s[3]}) : y);
}

size_t spatial(const ScriptNode& node) { return node.kind.ends_with("1d") ? 1 : 2; }

}  // namespace

void import_max_pool(ScriptNode& node) {  // self kernel stride padding dilation ceil_mode
  Attributes attributes = window(node, spatial(node));
  attributes["dilations"] = with_height(node.ints(4, spatial(node)), 1);
  attributes["ceil_mode"] = int64_t{node.boolean(5)};
  pool(node, "max_pool", std::move(attributes));
}

void import_avg_pool(ScriptNode& node) {  // self kernel stride padding ceil_mode count_include_pad divisor_override
  if (node.has(6)) node.fail("divisor_override is not supported");
  Attributes attributes = window(node, spatial(node));
  attributes["ceil_mode"] = int64_t{node.boolean(4)};
  attributes["count_include_pad"] = int64_t{node.boolean(5)};
  pool(node, "average_pool", std::move(attributes));
}

/// Windows of one size where the extents divide; what does not is refused, as its windows differ in size.
void import_adaptive_pool(ScriptNode& node) {
  const size_t n = spatial(node);
  const bool maximum = node.kind == "adaptive_max_pool2d";
  const ScriptList* list = as_list(node.value(1));
  Ints wanted;
  const Shape src = node.shape(0);
  if (src.size() != n + 2) node.fail("src of shape {} has no batch", to_string(src));
  for (size_t i = 0; i < n; ++i) {
    const bool same = list != nullptr && i < list->items.size() && is_none(list->items[i]);
    wanted.push_back(same ? src[i + 2] : node.ints(1, n)[i]);
  }
  Ints kernel;
  for (size_t i = 0; i < n; ++i) {
    if (wanted[i] < 1 || src[i + 2] % wanted[i] != 0)
      node.fail("{} positions do not divide into {} equal windows: give an input shape where they do", src[i + 2], wanted[i]);
    kernel.push_back(src[i + 2] / wanted[i]);
  }
  if (maximum) node.results().clear();
  const bool global = std::all_of(wanted.begin(), wanted.end(), [](int64_t w) { return w == 1; });
  if (global)
    pool(node, maximum ? "global_max_pool" : "global_average_pool", {});
  else
    pool(node, maximum ? "max_pool" : "average_pool", {{"kernel", with_height(kernel, 1)}, {"strides", with_height(kernel, 1)}});
  if (maximum) node.results().emplace_back(Poison{});  // indices
}

}  // namespace galet::torch::aten
