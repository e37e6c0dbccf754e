#include "galet/kernels/simd/neon.h"
// The generic code below is written in terms of Simd.
#include "galet/kernels/sparse_f32/sparse_simd.h"

namespace galet::kernels {

void sparse_f32f32f32__neon_5x16(const SparsePanelF32& panel) noexcept {
  switch (panel.vectors) {
    case 4:
      return multiply<5, 4>(panel);
    case 3:
      return multiply<6, 3>(panel);
    case 2:
      return multiply<8, 2>(panel);
    default:
      return multiply<8, 1>(panel);
  }
}

}  // namespace galet::kernels
