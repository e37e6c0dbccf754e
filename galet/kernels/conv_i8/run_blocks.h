// The loop over pixels and blocks of channels that dense and sparse convolutions share.
#pragma once

#include "galet/kernels/conv_i8/conv.h"

namespace galet::kernels {

/// Computes one block of channels for the pixels that `call` names. `call.weights` is where conv_i8_pack puts the block's weights.
using RunBlockFn = void(const void* context, int64_t block, const GemmI8Block& call) noexcept;
/// conv_i8_run with another function for the blocks of `row`. args.packed begins with the column sums as conv_i8_pack writes them.
void conv_i8_run_blocks(const GemmI8Row& row, const ConvShape& shape, const ConvI8Args& args, int64_t begin, int64_t end, void* scratch,
                        RunBlockFn* run, const void* context) noexcept;

}  // namespace galet::kernels
