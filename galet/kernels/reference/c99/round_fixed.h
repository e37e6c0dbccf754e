/* x / 2^shift to the nearest integer, halves away from zero. */
static inline int64_t galet_nearest(int64_t x, int32_t shift) { return (x + ((int64_t)1 << (shift - 1)) - (x < 0)) >> shift; }
