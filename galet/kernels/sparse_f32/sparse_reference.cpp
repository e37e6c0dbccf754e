// The plain C++ row of sparse_f32.
#include <cmath>

#include "galet/kernels/sparse_f32/panel.h"

namespace galet::kernels {

void sparse_f32f32f32__reference(const SparsePanelF32& panel) noexcept {
  const int64_t width = panel.vectors * 4;
  for (int64_t row = 0; row < panel.row_count; ++row) {
    float acc[kSparseChannels];
    for (int64_t c = 0; c < width; ++c) acc[c] = panel.init[c];
    const float* weights = panel.weights;
    const auto add = [&](const float* src, int64_t n) {
      for (int64_t i = 0; i < n; ++i, weights += width)
        for (int64_t c = 0; c < width; ++c) acc[c] = std::fma(src[i], weights[c], acc[c]);
    };
    uint32_t group = 0;
    for (int64_t tap = 0; tap < panel.taps; ++tap) {
      const uint8_t* src = panel.rows[tap * panel.row_stride + row] + panel.src_offset;
      for (; group < panel.ends[tap]; ++group) add(reinterpret_cast<const float*>(src + panel.offsets[group]), kSparseInputs);
      if (panel.rests[tap] != 0) add(reinterpret_cast<const float*>(src) + panel.tap_elements - panel.rest, panel.rest);
    }
    for (int64_t c = 0; c < panel.channels; ++c) {
      if (panel.other != nullptr) acc[c] += panel.other[row * panel.other_stride + c];
      // As the instructions have it: the limit where values are equal (zeros of either sign) or not ordered.
      const float low = acc[c] > panel.lo ? acc[c] : panel.lo;
      panel.dst[row * panel.dst_stride + c] = low < panel.hi ? low : panel.hi;
    }
  }
}

}  // namespace galet::kernels
