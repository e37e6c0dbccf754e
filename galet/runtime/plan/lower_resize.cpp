#include "galet/runtime/plan/lowering.h"

namespace galet::runtime {

bool lower_resize(Lowering&, NodeId) { return false; }

}  // namespace galet::runtime
