// The scalar epilogue shared by the plain rows of gemm_i8 and depthwise_i8 and by the naive reference.
#pragma once

#include "galet/kernels/conv_i8/conv.h"
#include "galet/kernels/reference/arithmetic.h"

namespace galet::kernels {

/// Stores one accumulator. dst: the element; other: the residual's element or null.
void finish_reference(const EpilogueI8& epilogue, int32_t acc, float m, float bias_f32, void* dst, const uint8_t* other);
/// The epilogue that args describe, with pointers at the first pixel and channel.
EpilogueI8 epilogue_of(const ConvShape& shape, const ConvI8Args& args);

}  // namespace galet::kernels
