#include "galet/kernels/simd/avx2.h"
// The generic code below is written in terms of Simd.
#include "galet/kernels/gemm_f32/gemm_simd.h"

namespace galet::kernels {

void gemm_f32f32f32__avx2_6x16(const GemmF32Block& block) noexcept {
  return block.vectors == 2 ? multiply<6, 2>(block) : multiply<10, 1>(block);
}

}  // namespace galet::kernels
