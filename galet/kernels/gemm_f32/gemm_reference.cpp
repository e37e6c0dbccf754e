// The plain C++ row of gemm_f32.
#include <algorithm>

#include "galet/kernels/gemm_f32/gemm.h"

namespace galet::kernels {

void gemm_f32f32f32__reference(const GemmF32Block& block) noexcept {
  const int64_t width = block.vectors * 4;
  for (int64_t row = 0; row < block.row_count; ++row) {
    float acc[16];
    for (int64_t c = 0; c < width; ++c) acc[c] = block.init[c];
    const float* weights = block.weights;
    for (int64_t tap = 0; tap < block.taps; ++tap) {
      const float* src = reinterpret_cast<const float*>(block.rows[tap * block.row_stride + row] + block.src_offset);
      for (int64_t k = 0; k < block.tap_elements; ++k, weights += width)
        for (int64_t c = 0; c < width; ++c) acc[c] += src[k] * weights[c];
    }
    for (int64_t c = 0; c < block.channels; ++c) {
      if (block.other != nullptr) acc[c] += block.other[row * block.other_stride + c];
      block.dst[row * block.dst_stride + c] = std::min(std::max(acc[c], block.lo), block.hi);
    }
  }
}

}  // namespace galet::kernels
