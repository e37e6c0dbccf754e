// Depthwise convolution in float, vectorised over channels; applies where depthwise_i8_applies.
#pragma once

#include <cstddef>
#include <cstdint>

#include "galet/kernels/depthwise_f32/depthwise_args.h"

namespace galet::kernels {

size_t depthwise_f32_packed_bytes(const ConvShape& shape);
/// weight (c, 1, kh, kw) to (kh, kw, c). Run with select<DepthwiseF32Fn>(isa).run.
void depthwise_f32_pack(const ConvShape& shape, const float* weight, float* packed);

}  // namespace galet::kernels
