// Named parameters of a node.
#pragma once

#include <map>
#include <string>
#include <variant>
#include <vector>

#include "galet/core/tensor.h"

namespace galet {

using Ints = std::vector<int64_t>;
using Floats = std::vector<float>;
using Attribute = std::variant<int64_t, float, std::string, Ints, Floats, Tensor>;
/// Ordered by name, so that everything written from it is canonical.
using Attributes = std::map<std::string, Attribute, std::less<>>;

/// "int", "float", "string", "ints", "floats", "tensor".
std::string_view type_name(const Attribute& attribute);
/// Equal type and value (floats by bits).
bool equal(const Attribute& a, const Attribute& b);

}  // namespace galet
