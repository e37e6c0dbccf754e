/* The places of the k largest codes, largest first, of equal ones the first first. */
static void galet_top_k(const uint8_t* codes, int32_t count, int32_t k, int32_t* places) {
  int32_t n, i;
  for (n = 0; n < k; ++n) {
    int32_t best = -1;
    for (i = 0; i < count; ++i) {
      const int taken = n > 0 && (codes[i] > codes[places[n - 1]] || (codes[i] == codes[places[n - 1]] && i <= places[n - 1]));
      if (!taken && (best < 0 || codes[i] > codes[best])) best = i;
    }
    places[n] = best;
  }
}
