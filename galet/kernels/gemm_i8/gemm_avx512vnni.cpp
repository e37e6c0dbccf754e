#include "galet/kernels/simd/avx512.h"
// The generic code below is written in terms of Simd.
#include "galet/kernels/gemm_i8/gemm_512_simd.h"

namespace galet::kernels {

void gemm_u8i8u8__avx512vnni_6x64(const GemmI8Block& block) noexcept { multiply_512(block); }

}  // namespace galet::kernels
