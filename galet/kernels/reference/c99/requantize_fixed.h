/* clamp(round(acc * m) + zero_point, lo, hi), the product exact */
static inline uint8_t galet_requantize(int32_t acc, uint32_t scale, int32_t zero_point, int32_t lo, int32_t hi) {
  return galet_clamp_wide(galet_nearest((int64_t)acc * galet_mantissa(scale), galet_shift(scale)) + zero_point, lo, hi);
}
