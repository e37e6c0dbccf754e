/* Product of two tensors of codes; dst may be the first, or the second where it is not spread. */
typedef struct {
  galet_broadcast spread;
  uint32_t scale; /* s_a * s_b / s_dst */
  int32_t src_zero_point, other_zero_point, dst_zero_point, lo, hi;
} galet_mul;

static void galet_run_mul(const galet_mul* mul, const uint8_t* src, const uint8_t* other, uint8_t* dst) {
  const galet_mul p = *mul;
  int32_t row, col;
  for (row = 0; row < p.spread.rows; ++row)
    for (col = 0; col < p.spread.cols; ++col, ++src, ++dst)
      *dst = galet_mul_codes(*src - p.src_zero_point, other[galet_other(&p.spread, row, col)] - p.other_zero_point, p.scale,
                             p.dst_zero_point, p.lo, p.hi);
}
