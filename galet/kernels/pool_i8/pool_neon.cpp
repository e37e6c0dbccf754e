#include "galet/kernels/simd/neon.h"
// The generic code below is written in terms of Simd.
#include "galet/kernels/pool_i8/pool_simd.h"

namespace galet::kernels {

void max_pool_u8u8__neon_4(const MaxPoolI8Args& args, int64_t begin, int64_t end) noexcept { max_pool(args, begin, end); }
void average_pool_u8u8__neon_4(const AveragePoolI8Args& args, int64_t begin, int64_t end) noexcept { average_pool(args, begin, end); }

}  // namespace galet::kernels
