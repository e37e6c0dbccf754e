// Naive loops, straight from docs/arithmetic.md, on weights as the graph stores them: the oracle of every faster kernel. No packing, no
// scratch.
#pragma once

#include "galet/kernels/conv_f32/conv.h"
#include "galet/kernels/conv_i8/conv.h"

namespace galet::kernels {

/// acc of every output (batch, dst_h, dst_w, dst_c), dense, bias included. weight as in conv_i8_pack.
void reference_conv_i8_accumulate(const ConvShape& shape, const ConvI8Args& args, const int8_t* weight, int32_t* acc);
/// The whole convolution with its epilogue, for codes by the functions of exported C (c99.h); args.packed is ignored.
void reference_conv_i8(const ConvShape& shape, const ConvI8Args& args, const int8_t* weight);
/// Sums in float, taps in order (ky, kx, channel), bias last; args.packed is ignored.
void reference_conv_f32(const ConvShape& shape, const ConvF32Args& args, const float* weight);

}  // namespace galet::kernels
