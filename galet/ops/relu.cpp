// max(x, 0); NaN stays NaN
#include "galet/ops/pointwise.h"

namespace galet::ops {

Op relu_op() {
  return number_function<[](auto x) { return x < 0 ? decltype(x){0} : x; }>("relu");
}

}  // namespace galet::ops
