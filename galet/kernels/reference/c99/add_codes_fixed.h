/* clamp(round(a * ra + b * rb + c) + zero_point, lo, hi) */
static inline uint8_t galet_add_codes(uint8_t a, uint8_t b, const galet_sum* sum) {
  const int64_t x = a * sum->ra + (b * sum->rb + sum->c);
  return galet_clamp_wide(galet_nearest(x, sum->shift) + sum->zero_point, sum->lo, sum->hi);
}
