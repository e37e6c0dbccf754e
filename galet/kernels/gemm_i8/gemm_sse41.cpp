#include "galet/kernels/simd/sse41.h"
// The generic code below is written in terms of Simd.
#include "galet/kernels/gemm_i8/gemm_simd.h"

namespace galet::kernels {

void gemm_u8i8u8__sse41_4x8(const GemmI8Block& block) noexcept {
  return block.vectors == 2 ? multiply<4, 2>(block) : multiply<8, 1>(block);
}

}  // namespace galet::kernels
