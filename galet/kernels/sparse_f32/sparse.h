// Float convolution (also linear layers and transposed convolution) that skips blocks of weights which are all zero, in time that falls
// with the blocks. The same idea as sparse_i8. Bits depend neither on the split nor on the Isa (panel.h).
#pragma once

#include "galet/kernels/conv_f32/conv.h"
#include "galet/kernels/sparse_f32/panel.h"

namespace galet::kernels {

using SparseF32Row = Kernel<SparseF32Fn>;

/// Share of 16 x 4 blocks that are not all zero, 0..1. weight: as conv_f32_pack takes it.
double sparse_f32_kept(const SparseF32Row& row, const ConvShape& shape, const float* weight);
/// As the functions of conv_f32; the size depends on the weights.
size_t sparse_f32_packed_bytes(const SparseF32Row& row, const ConvShape& shape, const float* weight);
void sparse_f32_pack(const SparseF32Row& row, const ConvShape& shape, const float* weight, void* packed);
size_t sparse_f32_scratch_bytes(const SparseF32Row& row, const ConvShape& shape);
int64_t sparse_f32_items(const SparseF32Row& row, const ConvShape& shape);
void sparse_f32_run(const SparseF32Row& row, const ConvShape& shape, const ConvF32Args& args, int64_t begin, int64_t end,
                    void* scratch) noexcept;

}  // namespace galet::kernels
