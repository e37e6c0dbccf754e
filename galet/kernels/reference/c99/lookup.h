/* dst = table[src] on rows of `cols` codes that lie `src_step` and `dst_step` apart; without a table the codes are copied. dst may be src.
 */
static void galet_run_lookup(int32_t rows, int32_t cols, const uint8_t* src, int32_t src_step, const uint8_t* table, uint8_t* dst,
                             int32_t dst_step) {
  int32_t row, col;
  for (row = 0; row < rows; ++row, src += src_step, dst += dst_step)
    for (col = 0; col < cols; ++col) dst[col] = table == 0 ? src[col] : table[src[col]];
}
