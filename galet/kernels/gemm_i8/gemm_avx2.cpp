#include "galet/kernels/simd/avx2.h"
// The generic code below is written in terms of Simd.
#include "galet/kernels/gemm_i8/gemm_split_simd.h"

namespace galet::kernels {

void gemm_u8i8u8__avx2_6x16(const GemmI8Block& block) noexcept {
  return block.vectors == 2 ? multiply<6, 2>(block) : multiply<12, 1>(block);
}

}  // namespace galet::kernels
