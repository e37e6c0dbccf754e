// What one call of an integer matrix-product kernel computes: some rows (pixels) times one block of packed weights, with the epilogue.
// Included by instruction-set files: plain structs only.
#pragma once

#include <cstdint>

#include "galet/kernels/elementwise_i8/elementwise.h"

namespace galet::kernels {

enum class ConvI8Output : uint8_t { u8, i32, f32 };

/// What happens to accumulators. Formulas at ConvI8Args; pointers to tensors are of the first row and channel of the block.
struct EpilogueI8 {
  ConvI8Output output;
  float lo, hi;          // u8: lo - zero_point, hi - zero_point; f32: the clamp
  int32_t zero_point;    // u8
  bool bounded;          // u8: every m is below 1, so that any float(acc) * m converts to int32 without overflow
  const uint8_t* table;  // u8; null: none
  const uint8_t* other;  // u8; null: none
  int64_t other_stride;
  bool other_is_a;
  AddCoefficients add;
};

/// dst[row, c] = epilogue(init[c] + sum over taps t and k of source_row(t, row)[src_offset + k] * weights[t, k, c]).
struct GemmI8Block {
  const uint8_t* const* rows;  // (taps, row_stride) pointers; each readable for src_offset + tap_bytes
  int64_t row_stride, row_count;
  const uint8_t* direct;  // not null: there is one tap, and its rows lie direct_stride bytes apart; `rows` is unused
  int64_t direct_stride;
  const uint8_t* wide;  // rows of a single tap widened to 16 bits, wide_stride bytes apart, where the weights want it (split.h)
  int64_t wide_stride;
  int64_t taps, tap_bytes;  // tap_bytes: multiple of 4
  int64_t src_offset;
  const int8_t* weights;  // (taps * tap_bytes / 4, vectors * lanes, 4)
  const int32_t* init;    // vectors * lanes
  const float* m;         // vectors * lanes; unused for output i32
  const float* bias_f32;  // vectors * lanes; used for output f32
  int64_t vectors;        // 1 .. vectors of the kernel's row
  int64_t channels;       // those that exist, <= vectors * lanes
  void* dst;
  int64_t dst_stride;  // elements
  EpilogueI8 epilogue;
};
static inline const uint8_t* source_row(const GemmI8Block& block, int64_t tap, int64_t row) {
  return block.direct != nullptr ? block.direct + row * block.direct_stride : block.rows[tap * block.row_stride + row];
}
using GemmI8Fn = void(const GemmI8Block& block) noexcept;

}  // namespace galet::kernels
