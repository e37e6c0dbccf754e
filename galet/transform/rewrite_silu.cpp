// Finds silu (swish).
//   before  y = mul(x, sigmoid(x))          after  y = silu(x)          when nobody else reads the sigmoid
#include "galet/transform/edit.h"

namespace galet::transform {

Pass rewrite_silu() {
  return rewrite("mul(x, sigmoid(x)!)", [](const Match& m, Rewriter& rw) { return replace_by(m, rw, "silu", {m["x"]}); });
}

}  // namespace galet::transform
