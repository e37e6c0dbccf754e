// Finds gelu in its two forms, x/2 * (1 + erf(x / sqrt 2)) and x/2 * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 x^3))), with the half in any of
// its places.
//   before  y = mul(mul(x, add(erf(div(x, 1.4142135)), 1)), 0.5)          after  y = gelu(x)
//   before  y = mul(mul(x, 0.5), add(tanh(...), 1))                       after  y = gelu(x) approximate="tanh"
// Applies when nobody reads what lies between.
#include "galet/transform/edit.h"

namespace galet::transform {
namespace {

/// The three places of the half around a term G.
std::vector<std::string> with_half(const std::string& g) {
  return {"mul(mul(x, " + g + ")!, 0.5)", "mul(( mul(x, 0.5) | div(x, 2) )!, " + g + ")", "mul(x, mul(" + g + ", 0.5)!)",
          "div(mul(x, " + g + ")!, 2)"};
}

}  // namespace

Pass rewrite_gelu() {
  const std::string erf = "add(erf(( div(x, 1.41421356) | mul(x, 0.70710678) )!)!, 1)!";
  const std::string tanh = "add(tanh(mul(add(x, mul(( pow(x, 3) | mul(mul(x, x)!, x) )!, 0.044715)!)!, 0.79788456)!)!, 1)!";
  return rewrite(with_half(erf), [](const Match& m, Rewriter& rw) { return replace_by(m, rw, "gelu", {m["x"]}); })
      .also(with_half(tanh), [](const Match& m, Rewriter& rw) {
        return replace_by(m, rw, "gelu", {m["x"]}, {{"approximate", std::string("tanh")}});
      });
}

}  // namespace galet::transform
