/* Probabilities in units of 1 / 65535, rounded. table[d] = exp(-d * scale) in units of 1 / 65536. */
static void galet_softmax(const uint8_t* codes, int32_t count, const uint32_t* table, uint16_t* probabilities) {
  uint8_t largest = 0;
  uint64_t sum = 0;
  int32_t i;
  for (i = 0; i < count; ++i)
    if (codes[i] > largest) largest = codes[i];
  for (i = 0; i < count; ++i) sum += table[largest - codes[i]];
  for (i = 0; i < count; ++i) probabilities[i] = (uint16_t)(((uint64_t)table[largest - codes[i]] * 65535u + sum / 2) / sum);
}
