/* clamp(rhe(float(a * b) * m + zero_point), lo, hi): the zero point is added in float; a, b less their zero points */
static inline uint8_t galet_mul_codes(int32_t a, int32_t b, uint32_t scale, int32_t zero_point, int32_t lo, int32_t hi) {
  const int32_t shift = galet_shift(scale);
  const int64_t product = (int64_t)(a * b) * galet_mantissa(scale), offset = (int64_t)zero_point << shift;
  int32_t q;
  if (galet_is_clear(product, shift, 4, &q)) return galet_clamp(q + zero_point, lo, hi);
  return galet_clamp_wide(galet_nearest(galet_float(galet_float(product) + offset), shift), lo, hi);
}
