#include "galet/kernels/simd/avx2.h"
// The generic code below is written in terms of Simd.
#include "galet/kernels/sparse_f32/sparse_simd.h"

namespace galet::kernels {

void sparse_f32f32f32__avx2_6x16(const SparsePanelF32& panel) noexcept {
  return panel.vectors == 2 ? multiply<6, 2>(panel) : multiply<10, 1>(panel);
}

}  // namespace galet::kernels
