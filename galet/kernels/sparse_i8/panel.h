// What one call of a sparse integer kernel computes: rows (pixels) times a panel of 16 output channels, of which only those groups of four
// inputs are stored whose 16 x 4 weights are not all zero. Included by instruction-set files: plain structs only.
#pragma once

#include "galet/kernels/gemm_i8/gemm.h"
#include "galet/kernels/sparse_block.h"

namespace galet::kernels {

/// As GemmI8Block, with weights (groups, vectors * lanes, 4).
struct SparsePanelI8 : GemmI8Block {
  const uint32_t* ends;     // (taps): the group after the last one of each tap
  const uint32_t* offsets;  // (groups): where the four inputs lie in their tap, in bytes
};
using SparseI8Fn = void(const SparsePanelI8& panel) noexcept;

}  // namespace galet::kernels
