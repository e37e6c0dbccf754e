// The loop over pixels and blocks of channels that dense and sparse float convolutions share.
#pragma once

#include "galet/kernels/conv_f32/conv.h"

namespace galet::kernels {

/// Computes one block of channels for the pixels that `call` names. `call.weights` is where conv_f32_pack puts the block's weights.
using RunBlockF32Fn = void(const void* context, int64_t block, const GemmF32Block& call) noexcept;
/// conv_f32_run with another function for the blocks of `row`.
void conv_f32_run_blocks(const GemmF32Row& row, const ConvShape& shape, const ConvF32Args& args, int64_t begin, int64_t end, void* scratch,
                         RunBlockF32Fn* run, const void* context) noexcept;

}  // namespace galet::kernels
