/* clamp(rhe(fma(a, ra, fma(b, rb, c))), lo, hi) */
static inline uint8_t galet_add_codes(uint8_t a, uint8_t b, const galet_sum* sum) {
  const int64_t second = b * sum->rb + sum->c;
  int32_t q;
  if (galet_is_clear(a * sum->ra + second, sum->shift, sum->window, &q)) return galet_clamp(q, sum->lo, sum->hi);
  return galet_clamp_wide(galet_nearest(galet_float(a * sum->ra + galet_float(second)), sum->shift), sum->lo, sum->hi);
}
