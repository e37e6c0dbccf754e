#include "galet/kernels/simd/neon.h"
// The generic code below is written in terms of Simd.
#include "galet/kernels/gemm_f32/gemm_simd.h"

namespace galet::kernels {

void gemm_f32f32f32__neon_6x16(const GemmF32Block& block) noexcept {
  switch (block.vectors) {
    case 4:
      return multiply<6, 4>(block);
    case 3:
      return multiply<8, 3>(block);
    case 2:
      return multiply<10, 2>(block);
    default:
      return multiply<10, 1>(block);
  }
}

}  // namespace galet::kernels
