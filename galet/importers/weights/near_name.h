// Which of several names is meant.
#pragma once

#include <span>
#include <string>

#include "galet/core/tensor.h"

namespace galet::importers {

struct NamedShape {
  std::string name;
  Shape shape;
};

/// The candidate that looks most like `wanted` (edit distance; equal shapes first), or empty where none is near.
std::string near_name(const NamedShape& wanted, std::span<const NamedShape> candidates);

/// "layer?.*.weight": * any number of characters, ? one.
bool fits(std::string_view name, std::string_view pattern);

}  // namespace galet::importers
