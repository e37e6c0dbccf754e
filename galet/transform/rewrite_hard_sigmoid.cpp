// Finds hard sigmoids that are spelled out.
//   before  y = div(clip(add(x, 3)) min=0 max=6, 6)                 after  y = hard_sigmoid(x) alpha=1/6 beta=0.5       (PyTorch,
//   TensorFlow; also times 1/6) before  y = clip(add(mul(x, a), b)) min=0 max=1                 after  y = hard_sigmoid(x) alpha=a beta=b
//   (Paddle, Keras)
// Applies to numbers (constants whose elements are all alike), when nobody reads what lies between.
#include <algorithm>

#include "galet/transform/edit.h"

namespace galet::transform {
namespace {

Decision sixth(const Match& m, Rewriter& rw) {
  return replace_by(m, rw, "hard_sigmoid", {m["x"]}, {{"alpha", 1.0f / 6.0f}, {"beta", 0.5f}});
}

std::optional<float> number(const Value& value) {
  if (value.quant || value.dtype != DType::f32 || value.constant.size() == 0) return std::nullopt;
  const auto all = value.constant.span<float>();
  if (!std::all_of(all.begin(), all.end(), [&](float v) { return v == all[0]; })) return std::nullopt;
  return all[0];
}

Decision general(const Match& m, Rewriter& rw) {
  const auto a = number(m.value("a")), b = number(m.value("b"));
  if (!a || !b || *a == 0) return no_match();
  const float alpha = m.has_node("div") ? 1 / *a : *a;
  return replace_by(m, rw, "hard_sigmoid", {m["x"]}, {{"alpha", alpha}, {"beta", *b}});
}

}  // namespace

Pass rewrite_hard_sigmoid() {
  return rewrite({"div(clip(add(x, 3)!){min=0,max=6}!, 6)", "mul(clip(add(x, 3)!){min=0,max=6}!, 1/6)"}, sixth)
      .also("clip(add(( mul(x, #a) | div(x, #a) )!, #b)!){min=0,max=1}", general);
}

}  // namespace galet::transform
