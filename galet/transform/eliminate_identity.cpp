// Takes out nodes that compute what they read, and joins movements that can be one.
//   before  y = identity(x)          after  x
// identity; reshape, expand, cast, resize to what it is already; transpose that keeps the order; pad by nothing; slice of everything;
// concat of one; mul and div by 1, add and sub of 0; pow 1; clip without limits; reshape of reshape; transpose of transpose; slices
// of different axes. An output of
// the graph keeps its name, and a change of quantization stays.
#include <algorithm>
#include <limits>
#include <numeric>

#include "galet/transform/edit.h"

namespace galet::transform {
namespace {

Decision drop(const Match& m, Rewriter& rw) {
  return forward(m, rw, m["x"], fmt::format("{} that does nothing", m.graph->node(m.root).op->name));
}

/// A node whose result has the type and shape of src must have the elements of src too.
bool is_same_place(const Match& m) {
  const OpCall call = m.graph->call(m.root);
  const std::string_view op = call.op.name;
  auto zero = [&](std::string_view name) {
    return std::all_of(call.get_ints(name).begin(), call.get_ints(name).end(), [](int64_t v) { return v == 0; });
  };
  if (op == "transpose") return std::is_sorted(call.get_ints("perm").begin(), call.get_ints("perm").end());
  if (op == "pad") return zero("pads");
  if (op == "slice")
    return std::all_of(call.get_ints("steps").begin(), call.get_ints("steps").end(), [](int64_t step) { return step == 1; });
  if (op == "tile") return true;
  if (op == "clip")
    return call.get_float("min") == -std::numeric_limits<float>::infinity() &&
           call.get_float("max") == std::numeric_limits<float>::infinity();
  if (op == "resize") return call.get_string("coordinates") != "tf_crop_and_resize";
  return true;  // identity, reshape, expand, cast, concat of one
}

Decision drop_unmoved(const Match& m, Rewriter& rw) {
  const Value &src = m.value("x"), &dst = m.result();
  if (src.dtype != dst.dtype || src.shape != dst.shape || !is_same_place(m)) return no_match();
  return drop(m, rw);
}

Decision join_reshapes(const Match& m, Rewriter& rw) {
  if (m.value("inner").quant && m.value("inner").quant != m.value("x").quant) return no_match();
  rw.set_operand(m.root, 0, m["x"]);
  return applied("reshape of a reshape");
}

Decision join_transposes(const Match& m, Rewriter& rw) {
  if (m.value("inner").quant && m.value("inner").quant != m.value("x").quant) return no_match();
  const Ints first = m.graph->call(m.node("inner")).get_ints("perm"), second = m.graph->call(m.root).get_ints("perm");
  Ints both;
  for (const int64_t axis : second) both.push_back(first.at(static_cast<size_t>(axis)));
  rw.set_operand(m.root, 0, m["x"]);
  rw.set_attribute(m.root, "perm", both);
  return applied("transpose of a transpose");
}

/// Slices of different axes are one slice of both.
Decision join_slices(const Match& m, Rewriter& rw) {
  if (m.value("inner").quant && m.value("inner").quant != m.value("x").quant) return no_match();
  const OpCall first = m.graph->call(m.node("inner")), second = m.graph->call(m.root);
  const Ints axes = first.get_ints("axes"), more = second.get_ints("axes");
  if (std::find_first_of(axes.begin(), axes.end(), more.begin(), more.end()) != axes.end()) return no_match();
  for (const char* name : {"starts", "ends", "axes", "steps"}) {
    Ints both = first.get_ints(name);
    both.insert(both.end(), second.get_ints(name).begin(), second.get_ints(name).end());
    rw.set_attribute(m.root, name, both);
  }
  rw.set_operand(m.root, 0, m["x"]);
  return applied("slice of a slice");
}

}  // namespace

Pass eliminate_identity() {
  return rewrite("identity|reshape|transpose|pad|slice|concat|expand|cast|tile|clip|resize(x)", drop_unmoved)
      .also({"mul(x, 1)", "div(x, 1)", "pow(x, 1)", "add(x, 0)", "sub(x, 0)"}, drop)
      .also("reshape(inner=reshape(x))", join_reshapes)
      .also("transpose(inner=transpose(x))", join_transposes)
      .also("slice(inner=slice(x)!)", join_slices);
}

}  // namespace galet::transform
