#include "galet/ops/pointwise.h"

namespace galet::ops {

std::vector<TensorType> infer_same(const OpCall& call) { return {call.type(0)}; }

}  // namespace galet::ops
