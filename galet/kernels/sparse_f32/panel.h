// What one call of a sparse float kernel computes: rows (pixels) times a panel of 16 output channels, of which only those groups of four
// inputs are stored whose 16 x 4 weights are not all zero. Included by instruction-set files: plain structs only.
#pragma once

#include "galet/kernels/gemm_f32/gemm.h"
#include "galet/kernels/sparse_block.h"

namespace galet::kernels {

/// As GemmF32Block, with weights (inputs kept, vectors * lanes). Sums are those of the dense product with the zeros left out: fused
/// multiply-adds onto init, taps and inputs in order. So all rows, the reference too, give the same bits, and so does conv_f32 with fused
/// multiply-adds where sources are finite (of zeros the sign may differ).
struct SparsePanelF32 : GemmF32Block {
  const uint32_t* ends;     // (taps): the group of four after the last one of each tap
  const uint32_t* offsets;  // (groups): where the four inputs lie in their tap, in bytes
  // The last inputs of a tap that are fewer than four lie at tap_elements - rest and follow the tap's groups.
  int64_t rest;          // tap_elements % 4
  const uint8_t* rests;  // (taps): whether they are kept
};
using SparseF32Fn = void(const SparsePanelF32& panel) noexcept;

}  // namespace galet::kernels
