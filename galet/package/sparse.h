// Tensors of which only what is not zero is stored: where it stands, then the values one after another (docs/package-format.md).
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "galet/package/values.h"

namespace galet::package {

/// One bit an element, then the values.
std::vector<std::byte> bitmap_encode(const Tensor& tensor, const ValueForm& form);
Tensor bitmap_decode(std::span<const std::byte> bytes, DType dtype, const Shape& shape, const ValueForm& form);

/// How many zeros stand before each value, in Rice codes whose parameter follows the mean of the gaps, then the values.
std::vector<std::byte> runs_encode(const Tensor& tensor, const ValueForm& form);
Tensor runs_decode(std::span<const std::byte> bytes, DType dtype, const Shape& shape, const ValueForm& form);

/// One bit a block of rows x columns of the first two axes (at one place of the others), then the elements of blocks that are not all zero.
/// What block pruning leaves.
constexpr int64_t kStoredBlockRows = 16, kStoredBlockColumns = 4;
/// Rank 2 or more, else nothing. `form` with zero.
std::optional<std::vector<std::byte>> blocks_encode(const Tensor& tensor, const ValueForm& form);
Tensor blocks_decode(std::span<const std::byte> bytes, DType dtype, const Shape& shape, const ValueForm& form);

/// A mask that is 1 wherever its constant is not zero: as runs over the constant's zeros, where a 1 ends a run. All but nothing after
/// pruning. Nothing where the mask is another one, or not of 0 and 1.
std::optional<std::vector<std::byte>> mask_encode(const Tensor& mask, const Tensor& constant);
Tensor mask_decode(std::span<const std::byte> bytes, DType dtype, const Tensor& constant);

}  // namespace galet::package
