/* clamp(rhe(float(acc) * m) + zero_point, lo, hi). Below 2^9 the two roundings to float change less than 2^-14. */
static inline uint8_t galet_requantize(int32_t acc, uint32_t scale, int32_t zero_point, int32_t lo, int32_t hi) {
  const int32_t mantissa = galet_mantissa(scale), shift = galet_shift(scale);
  int32_t q;
  if (galet_is_clear((int64_t)acc * mantissa, shift, 4, &q)) return galet_clamp(q + zero_point, lo, hi);
  return galet_clamp_wide(galet_nearest(galet_float(galet_float(acc) * mantissa), shift) + zero_point, lo, hi);
}
