/* clamp(round(a * b * m) + zero_point, lo, hi); a, b less their zero points */
static inline uint8_t galet_mul_codes(int32_t a, int32_t b, uint32_t scale, int32_t zero_point, int32_t lo, int32_t hi) {
  return galet_requantize(a * b, scale, zero_point, lo, hi);
}
