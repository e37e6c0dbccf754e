// Entropy coded tensors (--compress): for each element whether it is zero, given whether its two neighbours were, then its highest bytes
// bit by bit; lower bytes of floats are as good as random and are written as they are. A pruned layer takes a little less than its order-0
// entropy, without a table to store; slower to read than anything else in a file (docs/decisions/0010-sparse-constants.md).
#pragma once

#include <span>
#include <vector>

#include "galet/core/tensor.h"

namespace galet::package {

std::vector<std::byte> range_encode(const Tensor& tensor);
/// Throws Error for bytes that no encoder writes.
Tensor range_decode(std::span<const std::byte> bytes, DType dtype, const Shape& shape);

}  // namespace galet::package
