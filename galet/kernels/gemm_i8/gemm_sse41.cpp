#include "galet/kernels/simd/sse41.h"
// The generic code below is written in terms of Simd.
#include "galet/kernels/gemm_i8/gemm_split_simd.h"

namespace galet::kernels {

void gemm_u8i8u8__sse41_4x12(const GemmI8Block& block) noexcept {
  switch (block.vectors) {
    case 3:
      return multiply<4, 3>(block);
    case 2:
      return multiply<6, 2>(block);
    default:
      return multiply<8, 1>(block);
  }
}

}  // namespace galet::kernels
