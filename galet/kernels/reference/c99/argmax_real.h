/* The first of the largest numbers. */
static int32_t galet_argmax_real(const float* values, int32_t count) {
  int32_t best = 0, i;
  for (i = 1; i < count; ++i)
    if (values[i] > values[best]) best = i;
  return best;
}
