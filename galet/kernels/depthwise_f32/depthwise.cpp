#include "galet/kernels/depthwise_f32/depthwise.h"

namespace galet::kernels {

size_t depthwise_f32_packed_bytes(const ConvShape& shape) { return static_cast<size_t>(shape.kernel_h * shape.kernel_w * shape.src_c) * 4; }

void depthwise_f32_pack(const ConvShape& shape, const float* weight, float* packed) {
  const int64_t taps = shape.kernel_h * shape.kernel_w;
  for (int64_t c = 0; c < shape.src_c; ++c)
    for (int64_t tap = 0; tap < taps; ++tap) packed[tap * shape.src_c + c] = weight[c * taps + tap];
}

}  // namespace galet::kernels
