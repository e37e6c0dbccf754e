// The plain C++ row of sparse_i8.
#include "galet/kernels/gemm_i8/epilogue_reference.h"
#include "galet/kernels/sparse_i8/panel.h"

namespace galet::kernels {

void sparse_u8i8u8__reference(const SparsePanelI8& panel) noexcept {
  const int64_t width = panel.vectors * 4;
  for (int64_t row = 0; row < panel.row_count; ++row) {
    uint32_t acc[kSparseChannels];  // wraps like the instructions do; the final value fits
    for (int64_t c = 0; c < width; ++c) acc[c] = static_cast<uint32_t>(panel.init[c]);
    uint32_t group = 0;
    for (int64_t tap = 0; tap < panel.taps; ++tap) {
      const uint8_t* src = source_row(panel, tap, row) + panel.src_offset;
      for (; group < panel.ends[tap]; ++group)
        for (int64_t c = 0; c < width; ++c)
          for (int64_t i = 0; i < 4; ++i)
            acc[c] += static_cast<uint32_t>(src[panel.offsets[group] + i] * panel.weights[(group * width + c) * 4 + i]);
    }
    for (int64_t c = 0; c < panel.channels; ++c) {
      const int64_t at = row * panel.dst_stride + c;
      void* dst = panel.epilogue.output == ConvI8Output::u8 ? static_cast<void*>(static_cast<uint8_t*>(panel.dst) + at)
                                                            : static_cast<void*>(static_cast<int32_t*>(panel.dst) + at);
      const uint8_t* other = panel.epilogue.other == nullptr ? nullptr : panel.epilogue.other + row * panel.epilogue.other_stride + c;
      finish_reference(panel.epilogue, static_cast<int32_t>(acc[c]), panel.m[c], panel.bias_f32[c], dst, other);
    }
  }
}

}  // namespace galet::kernels
