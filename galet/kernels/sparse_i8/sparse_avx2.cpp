#include "galet/kernels/simd/avx2.h"
// The generic code below is written in terms of Simd.
#include "galet/kernels/sparse_i8/sparse_simd.h"

namespace galet::kernels {

void sparse_u8i8u8__avx2_3x16(const SparsePanelI8& panel) noexcept {
  if (panel.vectors == 2) return multiply<3, 2>(panel);
  multiply<3, 1>(panel);
}

}  // namespace galet::kernels
