/* Rounding as IEEE 754 binary32 does it, spelled in integers. */

/* x as a float keeps it: 24 significant bits, halves to even. |x| < 2^62. */
static int64_t galet_float(int64_t x) {
  uint64_t bits = x < 0 ? (uint64_t)-x : (uint64_t)x;
  int32_t drop = 0;
  while (bits >> drop >> 24 != 0) ++drop;
  if (drop == 0) return x;
  bits += ((uint64_t)1 << (drop - 1)) - 1 + (bits >> drop & 1);
  bits = bits >> drop << drop;
  return x < 0 ? -(int64_t)bits : (int64_t)bits;
}

/* x / 2^shift to the nearest integer, halves to even. */
static int64_t galet_nearest(int64_t x, int32_t shift) {
  const int64_t half = (int64_t)1 << (shift - 1), up = (x + half) >> shift;
  const int is_half = ((x + half) & (2 * half - 1)) == 0;
  return is_half ? up - (up & 1) : up;
}

/* Writes the integer nearest to x / 2^shift where no rounding of less than window / 2^16 on the way to x could change it: nearly always.
   Then x need not be what float would have made of it. Returns 0 where it could, or where x / 2^shift is far beyond any code. */
static inline int galet_is_clear(int64_t x, int32_t shift, uint32_t window, int32_t* nearest) {
  int64_t units; /* of 2^-16, with one half added */
  if (shift < 16) return 0;
  units = (x >> (shift - 16)) + 0x8000;
  *nearest = (int32_t)units >> 16;
  return units == (int32_t)units && (((uint32_t)units + window) & 0xffffu) > 2u * window;
}

static inline uint8_t galet_clamp(int32_t q, int32_t lo, int32_t hi) { return (uint8_t)(q < lo ? lo : q > hi ? hi : q); }
