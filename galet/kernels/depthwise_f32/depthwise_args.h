// Operands of a float depthwise convolution. Included by instruction-set files: plain structs only.
#pragma once

#include "galet/kernels/conv_f32/conv_args.h"

namespace galet::kernels {

/// Items: rows of the destination, batch * dst_h. args.packed from depthwise_f32_pack.
struct DepthwiseF32Args {
  ConvShape shape;
  ConvF32Args conv;
};
using DepthwiseF32Fn = void(const DepthwiseF32Args& args, int64_t begin, int64_t end) noexcept;

}  // namespace galet::kernels
