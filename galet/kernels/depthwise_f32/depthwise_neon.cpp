#include "galet/kernels/simd/neon.h"
// The generic code below is written in terms of Simd.
#include "galet/kernels/depthwise_f32/depthwise_simd.h"

namespace galet::kernels {

void depthwise_f32f32f32__neon_4(const DepthwiseF32Args& args, int64_t begin, int64_t end) noexcept { depthwise_rows(args, begin, end); }

}  // namespace galet::kernels
