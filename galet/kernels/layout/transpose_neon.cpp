#include "galet/kernels/simd/neon.h"
// The generic code below is written in terms of Simd.
#include "galet/kernels/layout/transpose_simd.h"

namespace galet::kernels {

void quantize_transpose_f32u8__neon_4(const QuantizeTransposeArgs& args, int64_t begin, int64_t end) noexcept {
  quantize_transpose(args, begin, end);
}

}  // namespace galet::kernels
