// The scalar formulas of docs/arithmetic.md, those of exported C among them (c99.h). Every reference kernel uses these; every other kernel
// gives the same bits.
// Not for instruction-set files: inline functions shared with them could be linked in the wrong version.
#pragma once

#include <cmath>
#include <cstdint>

#include "galet/kernels/elementwise_i8/elementwise.h"
#include "galet/kernels/reference/c99.h"

namespace galet::kernels {

/// clamp(rhe(x) + zero_point, lo, hi), clamped as a float, so that no value overflows the conversion. NaN gives the clamped zero_point.
inline uint8_t round_code(float x, int32_t zero_point, int32_t lo, int32_t hi) {
  const float low = static_cast<float>(lo - zero_point), high = static_cast<float>(hi - zero_point);
  if (std::isnan(x)) x = 0.0f;
  x = x < low ? low : x;
  x = x > high ? high : x;
  return static_cast<uint8_t>(static_cast<int32_t>(std::nearbyint(x)) + zero_point);
}

/// round_code(float(acc) * m, ...)
inline uint8_t requantize(int32_t acc, float m, int32_t zero_point, int32_t lo, int32_t hi) {
  return c99::galet_requantize(acc, c99_scale(m), zero_point, lo, hi);
}

/// m of a requantization: two float operations, in this order.
inline float requantize_multiplier(float src_scale, float weight_scale, float dst_scale) {
  const float product = src_scale * weight_scale;
  return product / dst_scale;
}

inline uint8_t quantize(float x, float scale, int32_t zero_point) { return round_code(x / scale, zero_point, 0, 255); }
inline float dequantize(uint8_t q, float scale, int32_t zero_point) { return scale * static_cast<float>(q - zero_point); }

/// Coefficients of a + b, or of a - b where `subtract`.
inline AddCoefficients add_coefficients(float a_scale, int32_t a_zero_point, float b_scale, int32_t b_zero_point, float dst_scale,
                                        int32_t dst_zero_point, int32_t lo, int32_t hi, bool subtract = false) {
  AddCoefficients add;
  add.ra = a_scale / dst_scale;
  add.rb = subtract ? -(b_scale / dst_scale) : b_scale / dst_scale;
  const float b_part = add.rb * static_cast<float>(b_zero_point);
  add.c = static_cast<float>(dst_zero_point) - std::fma(add.ra, static_cast<float>(a_zero_point), b_part);
  add.lo = lo;
  add.hi = hi;
  return add;
}
inline uint8_t add_codes(uint8_t a, uint8_t b, const AddCoefficients& add) {
  c99::galet_sum sum;
  if (c99_sum(add, sum)) return c99::galet_add_codes(a, b, &sum);
  return round_code(std::fma(static_cast<float>(a), add.ra, std::fma(static_cast<float>(b), add.rb, add.c)), 0, add.lo, add.hi);
}

/// m = (a_scale * b_scale) / dst_scale.
inline uint8_t mul_codes(int32_t a, int32_t b, float m, int32_t dst_zero_point, int32_t lo, int32_t hi) {
  return c99::galet_mul_codes(a, b, c99_mul_scale(m), dst_zero_point, lo, hi);
}

/// table[q] = quantize(f(dequantize(q))) for the 256 codes; with the identity as f it is `rescale`.
template <typename F>
void make_table(float src_scale, int32_t src_zero_point, float dst_scale, int32_t dst_zero_point, F&& f, uint8_t* table) {
  for (int32_t q = 0; q < 256; ++q)
    table[q] = quantize(f(dequantize(static_cast<uint8_t>(q), src_scale, src_zero_point)), dst_scale, dst_zero_point);
}

/// Scale and zero point of a float tensor whose MinMaxArgs result is [min, max] (dynamic quantization).
struct DynamicRange {
  float scale;
  int32_t zero_point;
};
inline DynamicRange dynamic_range(float min, float max) {
  const float scale = max == min ? 1.0f : (max - min) / 255.0f;
  return {scale, round_code(-min / scale, 0, 0, 255)};
}

}  // namespace galet::kernels
