/* A float multiplier m travels as scale = mantissa << 8 | shift, exactly: m = mantissa / 2^shift, 0 <= mantissa < 2^24, 1 <= shift <= 62.
 */
static inline int32_t galet_mantissa(uint32_t scale) { return (int32_t)(scale >> 8); }
static inline int32_t galet_shift(uint32_t scale) { return (int32_t)(scale & 255u); }
