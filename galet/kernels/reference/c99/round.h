/* Integers only: neither a compiler's options nor a missing FPU can change a bit of what follows. */
typedef char galet_right_shifts_keep_the_sign[(-1 >> 1) == -1 ? 1 : -1];

/* The integer, limited to [lo, hi]. */
static inline uint8_t galet_clamp_wide(int64_t q, int32_t lo, int32_t hi) { return (uint8_t)(q < lo ? lo : q > hi ? hi : (int32_t)q); }
