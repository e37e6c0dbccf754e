// Checks of one node against its operator's schema.
#pragma once

#include "galet/ir/op.h"

namespace galet {

/// Throws Error for unknown, missing or wrongly typed attributes and for operands too few or too many.
void check_schema(const OpCall& call);

}  // namespace galet
