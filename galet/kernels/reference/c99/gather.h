/* Codes moved by a list of places; where there is none (-1), the fill value. */
static void galet_run_gather(const int32_t* from, int32_t count, const uint8_t* table, uint8_t fill, const uint8_t* src, uint8_t* dst) {
  int32_t i;
  for (i = 0; i < count; ++i) dst[i] = from[i] < 0 ? fill : table == 0 ? src[from[i]] : table[src[from[i]]];
}
