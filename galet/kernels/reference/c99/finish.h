/* What becomes of the accumulators of a convolution. */
typedef struct {
  const uint32_t* scale; /* per output channel: s_src * s_weight / s_dst; null: accumulators are stored as they are, as int32 */
  int32_t zero_point, lo, hi;
  const uint8_t* table; /* a function of the code: 256 codes, or null */
  const galet_sum* sum; /* the addition of a second tensor, or null */
  int32_t other_is_a;   /* which operand of it that tensor is */
} galet_finish;

/* Stores the accumulator of channel c. other: the second tensor's code or null. dst: the element. */
static inline void galet_store(const galet_finish* finish, int32_t c, int32_t acc, const uint8_t* other, uint8_t* dst) {
  uint8_t q;
  if (finish->scale == 0) {
    memcpy(dst, &acc, sizeof acc);
    return;
  }
  q = galet_requantize(acc, finish->scale[c], finish->zero_point, finish->lo, finish->hi);
  if (finish->table != 0) q = finish->table[q];
  if (finish->sum != 0) q = finish->other_is_a ? galet_add_codes(*other, q, finish->sum) : galet_add_codes(q, *other, finish->sum);
  *dst = q;
}
