// The plain C++ row of gemm_i8, and the epilogue of all plain rows.
#include "galet/kernels/gemm_i8/gemm.h"

#include <algorithm>

#include "galet/kernels/gemm_i8/epilogue_reference.h"

namespace galet::kernels {

void finish_reference(const EpilogueI8& epilogue, int32_t acc, float m, float bias_f32, void* dst, const uint8_t* other) {
  if (epilogue.output == ConvI8Output::i32) {
    *static_cast<int32_t*>(dst) = acc;
    return;
  }
  const float scaled = static_cast<float>(acc) * m;
  if (epilogue.output == ConvI8Output::f32) {
    *static_cast<float*>(dst) = std::min(std::max(scaled + bias_f32, epilogue.lo), epilogue.hi);
    return;
  }
  const int32_t lo = static_cast<int32_t>(epilogue.lo) + epilogue.zero_point, hi = static_cast<int32_t>(epilogue.hi) + epilogue.zero_point;
  uint8_t q = round_code(scaled, epilogue.zero_point, lo, hi);
  if (epilogue.table != nullptr) q = epilogue.table[q];
  if (other != nullptr) q = epilogue.other_is_a ? add_codes(*other, q, epilogue.add) : add_codes(q, *other, epilogue.add);
  *static_cast<uint8_t*>(dst) = q;
}

void gemm_u8i8u8__reference(const GemmI8Block& block) noexcept {
  const int64_t width = block.vectors * 4;
  for (int64_t row = 0; row < block.row_count; ++row) {
    uint32_t acc[16];  // wraps like the instructions do; the final value fits
    for (int64_t c = 0; c < width; ++c) acc[c] = static_cast<uint32_t>(block.init[c]);
    const int8_t* weights = block.weights;
    for (int64_t tap = 0; tap < block.taps; ++tap) {
      const uint8_t* src = source_row(block, tap, row) + block.src_offset;
      for (int64_t k = 0; k < block.tap_bytes; k += 4, weights += width * 4)
        for (int64_t c = 0; c < width; ++c)
          for (int64_t i = 0; i < 4; ++i) acc[c] += static_cast<uint32_t>(src[k + i] * weights[c * 4 + i]);
    }
    for (int64_t c = 0; c < block.channels; ++c) {
      const int64_t at = row * block.dst_stride + c;
      void* dst = block.epilogue.output == ConvI8Output::u8 ? static_cast<void*>(static_cast<uint8_t*>(block.dst) + at)
                                                            : static_cast<void*>(static_cast<int32_t*>(block.dst) + at);
      const uint8_t* other = block.epilogue.other == nullptr ? nullptr : block.epilogue.other + row * block.epilogue.other_stride + c;
      finish_reference(block.epilogue, static_cast<int32_t>(acc[c]), block.m[c], block.bias_f32[c], dst, other);
    }
  }
}

}  // namespace galet::kernels
