/* Coefficients of a sum of two tensors on one grid of 2^-shift: ra * a + rb * b + c. */
typedef struct {
  int64_t ra, rb, c;
  uint32_t window; /* see galet_is_clear; unused where rounding is fixed */
  int32_t shift, zero_point, lo, hi;
} galet_sum;
