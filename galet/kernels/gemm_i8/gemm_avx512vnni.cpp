#include "galet/kernels/simd/avx512.h"
// The generic code below is written in terms of Simd.
#include "galet/kernels/gemm_i8/gemm_simd.h"

namespace galet::kernels {

void gemm_u8i8u8__avx512vnni_6x64(const GemmI8Block& block) noexcept {
  switch (block.vectors) {
    case 4:
      return multiply<6, 4>(block);
    case 3:
      return multiply<8, 3>(block);
    case 2:
      return multiply<12, 2>(block);
    default:
      return multiply<12, 1>(block);
  }
}

}  // namespace galet::kernels
