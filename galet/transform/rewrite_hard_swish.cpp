// Finds hard swish, x * clip(x + 3, 0, 6) / 6, in the ways in which it is spelled out.
//   before  y = mul(x, hard_sigmoid(x) alpha=1/6 beta=0.5)          after  y = hard_swish(x)
//   before  y = div(mul(x, clip(add(x, 3)) min=0 max=6), 6)         after  the same; also times 1/6, and with the sixth at x
// Applies when nobody reads what lies between.
#include "galet/transform/edit.h"

namespace galet::transform {

Pass rewrite_hard_swish() {
  return rewrite({"mul(x, hard_sigmoid(x){alpha=1/6,beta=0.5}!)", "div(mul(x, clip(add(x, 3)!){min=0,max=6}!)!, 6)",
                  "mul(mul(x, clip(add(x, 3)!){min=0,max=6}!)!, 1/6)", "mul(( mul(x, 1/6) | div(x, 6) )!, clip(add(x, 3)!){min=0,max=6}!)"},
                 [](const Match& m, Rewriter& rw) { return replace_by(m, rw, "hard_swish", {m["x"]}); });
}

}  // namespace galet::transform
