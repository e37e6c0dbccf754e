// Convolution u8 x i8 that skips blocks of weights which are all zero: the same integers as conv_i8, in time that falls with the blocks.
// The idea: the indirect convolution of conv_i8 with panels of 16 output channels, each with a list of the groups of four inputs that it
// needs; the list drives the loads of activations. Not worth it where few blocks are zero: a panel is narrower than a dense tile, so
// activations are loaded more often. Who plans measures both (runtime/plan/sparse_choice.h).
#pragma once

#include "galet/kernels/conv_i8/conv.h"
#include "galet/kernels/sparse_i8/panel.h"

namespace galet::kernels {

using SparseI8Row = Kernel<SparseI8Fn>;

/// Share of 16 x 4 blocks that are not all zero, 0..1. weight: as conv_i8_pack takes it.
double sparse_i8_kept(const SparseI8Row& row, const ConvShape& shape, const int8_t* weight);
/// As the functions of conv_i8; the size depends on the weights.
size_t sparse_i8_packed_bytes(const SparseI8Row& row, const ConvShape& shape, const int8_t* weight);
void sparse_i8_pack(const SparseI8Row& row, const ConvShape& shape, const int8_t* weight, void* packed);
size_t sparse_i8_prepared_bytes(const SparseI8Row& row, const ConvShape& shape);
void sparse_i8_prepare(const SparseI8Row& row, const ConvShape& shape, const ConvI8Args& args, void* prepared);
size_t sparse_i8_scratch_bytes(const SparseI8Row& row, const ConvShape& shape);
int64_t sparse_i8_items(const SparseI8Row& row, const ConvShape& shape);
void sparse_i8_run(const SparseI8Row& row, const ConvShape& shape, const ConvI8Args& args, int64_t begin, int64_t end,
                   void* scratch) noexcept;

}  // namespace galet::kernels
