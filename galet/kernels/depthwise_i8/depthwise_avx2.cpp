#include "galet/kernels/simd/avx2.h"
// The generic code below is written in terms of Simd.
#include "galet/kernels/depthwise_i8/depthwise_simd.h"

namespace galet::kernels {

void depthwise_u8i8u8__avx2_1x32(const DepthwiseI8& args) noexcept { depthwise_blocks(args); }
void interleave_u8u8__avx2_32(const InterleaveI8& args) noexcept { interleave_blocks(args); }

}  // namespace galet::kernels
