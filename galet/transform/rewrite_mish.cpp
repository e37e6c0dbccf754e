// Finds mish.
//   before  y = mul(x, tanh(softplus(x)))          after  y = mish(x)          also with log(exp(x) + 1) for softplus; when nobody reads
//   what lies between
#include "galet/transform/edit.h"

namespace galet::transform {

Pass rewrite_mish() {
  return rewrite("mul(x, tanh(( softplus(x) | log(add(exp(x)!, 1)!) )!)!)",
                 [](const Match& m, Rewriter& rw) { return replace_by(m, rw, "mish", {m["x"]}); });
}

}  // namespace galet::transform
