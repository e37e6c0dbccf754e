#include "galet/kernels/simd/avx512.h"
// The generic code below is written in terms of Simd.
#include "galet/kernels/sparse_i8/sparse_simd.h"

namespace galet::kernels {

void sparse_u8i8u8__avx512vnni_12x16(const SparsePanelI8& panel) noexcept { multiply<12, 1>(panel); }

}  // namespace galet::kernels
