// Elementwise kernels on 8-bit codes: argument structs and function types. Formulas: docs/arithmetic.md. Find a kernel with
// select<Fn>(isa).run. All work on items [begin, end); items are elements or rows, as said at each struct. Destination may be a source of
// the same size (in place).
#pragma once

#include <cstdint>

namespace galet::kernels {

/// Items: elements. q = clamp(rhe(x / scale) + zero_point, 0, 255); NaN gives zero_point.
struct QuantizeArgs {
  const float* src;
  uint8_t* dst;
  float scale;
  int32_t zero_point;
};
using QuantizeFn = void(const QuantizeArgs& args, int64_t begin, int64_t end) noexcept;

/// Items: elements. x = scale * float(q - zero_point).
struct DequantizeArgs {
  const uint8_t* src;
  float* dst;
  float scale;
  int32_t zero_point;
};
using DequantizeFn = void(const DequantizeArgs& args, int64_t begin, int64_t end) noexcept;

/// Items: rows of `cols` codes, `*_stride` apart (channel slices: concat, split). dst = table[src]; a null table copies.
struct LookupArgs {
  const uint8_t* src;
  uint8_t* dst;
  const uint8_t* table;  // 256 codes or null
  int64_t cols;
  int64_t src_stride, dst_stride;  // >= cols
};
using LookupFn = void(const LookupArgs& args, int64_t begin, int64_t end) noexcept;

/// q = clamp(rhe(fma(a, ra, fma(b, rb, c))), lo, hi); see add_coefficients in reference/arithmetic.h.
struct AddCoefficients {
  float ra = 0, rb = 0, c = 0;
  int32_t lo = 0, hi = 255;
};

/// How the second operand of a binary kernel spreads over the rows of the first. Rows are pixels (cols = channels).
///   same shape: {1, false};  (n, c, 1, 1): {h * w, false};  (1, c, 1, 1): {rows, false};  (n, 1, h, w): {1, true};  (n, 1, 1, 1): {h * w,
///   true}; one code for all: {rows, true}.
struct Broadcast {
  int64_t repeat = 1;   // row r of the first operand meets row r / repeat of the second
  bool scalar = false;  // rows of the second operand have one element, not cols
};

/// Items: rows of `cols`.
struct AddArgs {
  const uint8_t* src;    // (rows, cols)
  const uint8_t* other;  // as `broadcast` says
  uint8_t* dst;          // (rows, cols)
  int64_t cols;
  Broadcast broadcast;
  bool other_is_a;  // whether `other` takes the place of a (with ra) in the formula, `src` then that of b
  AddCoefficients add;
};
using AddFn = void(const AddArgs& args, int64_t begin, int64_t end) noexcept;

/// Items: rows of `cols`. q = clamp(rhe(float((src - src_zero_point) * (other - other_zero_point)) * m + dst_zero_point), lo, hi).
struct MulArgs {
  const uint8_t* src;
  const uint8_t* other;
  uint8_t* dst;
  int64_t cols;
  Broadcast broadcast;
  int32_t src_zero_point, other_zero_point, dst_zero_point;
  float m;  // (s_a * s_b) / s_dst
  int32_t lo, hi;
};
using MulFn = void(const MulArgs& args, int64_t begin, int64_t end) noexcept;

/// Items: elements. Writes min(0, least) and max(0, greatest) over [begin, end); NaN is passed over.
struct MinMaxArgs {
  const float* src;
  float* min;
  float* max;
};
using MinMaxFn = void(const MinMaxArgs& args, int64_t begin, int64_t end) noexcept;

}  // namespace galet::kernels
