#include "galet/kernels/simd/sse41.h"
// The generic code below is written in terms of Simd.
#include "galet/kernels/sparse_i8/sparse_simd.h"

namespace galet::kernels {

void sparse_u8i8u8__sse41_2x16(const SparsePanelI8& panel) noexcept {
  switch (panel.vectors) {
    case 4:
      return multiply<2, 4>(panel);
    case 3:
      return multiply<2, 3>(panel);
    case 2:
      return multiply<2, 2>(panel);
  }
  multiply<2, 1>(panel);
}

}  // namespace galet::kernels
