/* Two tensors of which the second may be spread: row r of the first meets row r / repeat of the second, whose rows have `cols` elements, or
   one where `scalar`. */
typedef struct {
  int32_t rows, cols, repeat, scalar;
} galet_broadcast;

static inline int32_t galet_other(const galet_broadcast* spread, int32_t row, int32_t col) {
  return spread->scalar ? row / spread->repeat : row / spread->repeat * spread->cols + col;
}
