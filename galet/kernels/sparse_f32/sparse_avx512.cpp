#include "galet/kernels/simd/avx512.h"
// The generic code below is written in terms of Simd.
#include "galet/kernels/sparse_f32/sparse_simd.h"

namespace galet::kernels {

void sparse_f32f32f32__avx512_12x16(const SparsePanelF32& panel) noexcept { multiply<12, 1>(panel); }

}  // namespace galet::kernels
