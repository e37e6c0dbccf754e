#include "galet/kernels/simd/neon.h"
// The generic code below is written in terms of Simd.
#include "galet/kernels/depthwise_i8/depthwise_neon.h"

namespace galet::kernels {

void depthwise_u8i8u8__neoni8mm_2x16(const DepthwiseI8& args) noexcept { depthwise_codes_or_general(args); }

}  // namespace galet::kernels
