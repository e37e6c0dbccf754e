// The activation that convolutions, linear layers and additions carry once it is fused into them.
#pragma once

#include <limits>

#include "galet/ir/op.h"

namespace galet::ops {

/// Limits of the result; infinite where there is none.
struct ActivationRange {
  float min = -std::numeric_limits<float>::infinity();
  float max = std::numeric_limits<float>::infinity();
};

/// The attributes `activation`, `clip_min`, `clip_max`, to be appended to a schema.
std::vector<AttributeSpec> with_activation(std::vector<AttributeSpec> attributes);
/// What the attributes say; throws Error for an unknown activation or an empty range.
ActivationRange activation_range(const OpCall& call);
inline float apply(const ActivationRange& range, float x) { return x < range.min ? range.min : x > range.max ? range.max : x; }

}  // namespace galet::ops
