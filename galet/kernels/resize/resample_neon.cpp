#include "galet/kernels/simd/neon.h"
// The generic code below is written in terms of Simd.
#include "galet/kernels/resize/resample_simd.h"

namespace galet::kernels {

void resample_u8u8__neon_4(const ResampleI8Args& args, int64_t begin, int64_t end) noexcept { resample_codes(args, begin, end); }
void resample_f32f32__neon_4(const ResampleF32Args& args, int64_t begin, int64_t end) noexcept { resample_floats(args, begin, end); }

}  // namespace galet::kernels
