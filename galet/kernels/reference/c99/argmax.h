/* The first of the largest codes. */
static int32_t galet_argmax(const uint8_t* codes, int32_t count) {
  int32_t best = 0, i;
  for (i = 1; i < count; ++i)
    if (codes[i] > codes[best]) best = i;
  return best;
}
