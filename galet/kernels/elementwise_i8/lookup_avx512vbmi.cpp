#include "galet/kernels/simd/avx512.h"
// The generic code below is written in terms of Simd.
#include "galet/kernels/elementwise_i8/elementwise_simd.h"

namespace galet::kernels {

void lookup_u8u8__avx512vbmi_64(const LookupArgs& args, int64_t begin, int64_t end) noexcept { lookup_rows(args, begin, end); }

}  // namespace galet::kernels
