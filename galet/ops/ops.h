// The list of operators.
#pragma once

#include <span>
#include <string_view>

#include "galet/ir/op.h"

namespace galet::ops {

/// The operator of that name; throws Error for an unknown one (a programming mistake in galet, or a damaged file).
const Op& get(std::string_view name);
/// The same, nullptr when unknown.
const Op* find(std::string_view name);
/// All of them, in catalogue order.
std::span<const Op> all();

}  // namespace galet::ops
