// The plain C++ row of depthwise_i8.
#include "galet/kernels/depthwise_i8/depthwise.h"
#include "galet/kernels/gemm_i8/epilogue_reference.h"

namespace galet::kernels {

void depthwise_u8i8u8__reference(const DepthwiseI8Run& run) noexcept {
  for (int64_t p = 0; p < run.pixels; ++p) {
    for (int64_t c = 0; c < run.channels; ++c) {
      const int64_t block = c / 16, at = c % 16;  // with 4 lanes the interleaved order is the plain one
      uint32_t acc = static_cast<uint32_t>(run.init[c]);
      for (int64_t tap = 0; tap < 4 * run.tap_quads; ++tap) {
        const int32_t weight = run.weights[((block * run.tap_quads + tap / 4) * 16 + at) * 4 + tap % 4];
        acc += static_cast<uint32_t>(run.rows[tap][p * run.steps[tap] + c] * weight);
      }
      const int64_t i = p * run.dst_stride + c;
      void* dst = run.epilogue.output == ConvI8Output::u8 ? static_cast<void*>(static_cast<uint8_t*>(run.dst) + i)
                                                          : static_cast<void*>(static_cast<int32_t*>(run.dst) + i);
      const uint8_t* other = run.epilogue.other == nullptr ? nullptr : run.epilogue.other + p * run.epilogue.other_stride + c;
      finish_reference(run.epilogue, static_cast<int32_t>(acc), run.m[c], run.bias_f32[c], dst, other);
    }
  }
}

}  // namespace galet::kernels
