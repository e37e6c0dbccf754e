// Convolution u8 x i8 with int32 accumulation (also linear layers: 1x1 on 1x1 maps; also transposed convolution).
// The idea (Dukhan, "The Indirect Convolution Algorithm", 2019): a matrix product whose left rows are pointers to source pixels; a pixel in
// the padding points to a row of zero points. Weights are packed once, for one kernel row of gemm_i8.
#pragma once

#include <cstddef>
#include <cstdint>

#include "galet/kernels/conv_shape.h"
#include "galet/kernels/gemm_i8/gemm.h"
#include "galet/kernels/kernel.h"

namespace galet::kernels {

using GemmI8Row = Kernel<GemmI8Fn>;

/// Operands of one run. Sizes follow ConvShape; arrays named per channel have dst_c entries.
struct ConvI8Args {
  const uint8_t* src = nullptr;    // (batch, src_h, src_w, src_c)
  const void* packed = nullptr;    // from conv_i8_pack
  const void* prepared = nullptr;  // from conv_i8_prepare; null: prepared in every run
  const int32_t* bias = nullptr;   // per channel; null: none
  int32_t src_zero_point = 0;
  void* dst = nullptr;  // (batch, dst_h, dst_w, dst_c) of the type that `output` names
  ConvI8Output output = ConvI8Output::u8;

  // output u8: q = clamp(rhe(float(acc) * m) + dst_zero_point, lo, hi), then table, then addition (each where not null)
  const float* m = nullptr;  // per channel; output f32: s_src * s_weight[c]
  int32_t dst_zero_point = 0, lo = 0, hi = 255;
  const uint8_t* table = nullptr;  // 256 codes
  const uint8_t* other = nullptr;  // residual tensor of the shape of dst
  int64_t other_stride = 0;        // elements between its pixels; 0: dense
  bool other_is_a = false;         // which operand of the addition `other` is (the arithmetic of Add is not symmetric)
  AddCoefficients add;

  // output f32: y = clamp(float(acc) * m[c] + bias_f32[c], lo_f32, hi_f32)
  const float* bias_f32 = nullptr;  // per channel; null: none
  float lo_f32 = -__builtin_inff(), hi_f32 = __builtin_inff();
};

/// `row`: select<GemmI8Fn>(isa); pack, scratch, items and run must get the same one.
/// Bytes of packed weights (column sums included).
size_t conv_i8_packed_bytes(const GemmI8Row& row, const ConvShape& shape);
/// weight: (out, in/groups, kh, kw), or (in, out/groups, kh, kw) where transposed. packed: conv_i8_packed_bytes, aligned to 64.
void conv_i8_pack(const GemmI8Row& row, const ConvShape& shape, const int8_t* weight, void* packed);
/// Per-channel operands laid out for the kernels, once for all runs whose ConvI8Args have these weights, bias, m and zero points.
/// prepared: conv_i8_prepared_bytes, aligned to 64.
size_t conv_i8_prepared_bytes(const GemmI8Row& row, const ConvShape& shape);
void conv_i8_prepare(const GemmI8Row& row, const ConvShape& shape, const ConvI8Args& args, void* prepared);
/// Bytes of scratch that each concurrent conv_i8_run needs, aligned to 64.
size_t conv_i8_scratch_bytes(const GemmI8Row& row, const ConvShape& shape);
/// Work is split into this many items (of pixels, or of output channels where pixels are few); any split gives the same bits.
int64_t conv_i8_items(const GemmI8Row& row, const ConvShape& shape);
/// Computes items [begin, end).
void conv_i8_run(const GemmI8Row& row, const ConvShape& shape, const ConvI8Args& args, int64_t begin, int64_t end, void* scratch) noexcept;

}  // namespace galet::kernels
