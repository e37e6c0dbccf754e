/* Sum or difference of two tensors of codes; dst may be one of them. */
typedef struct {
  galet_broadcast spread;
  galet_sum sum;
  int32_t other_is_a; /* which operand of the sum `other` is */
} galet_add;

static void galet_run_add(const galet_add* add, const uint8_t* src, const uint8_t* other, uint8_t* dst) {
  const galet_add p = *add;
  int32_t row, col;
  for (row = 0; row < p.spread.rows; ++row)
    for (col = 0; col < p.spread.cols; ++col, ++src, ++dst) {
      const uint8_t second = other[galet_other(&p.spread, row, col)];
      *dst = p.other_is_a ? galet_add_codes(second, *src, &p.sum) : galet_add_codes(*src, second, &p.sum);
    }
}
