/* Resampling by weighted taps, height first, then width, in float: position i of an axis is the sum over its taps k, in order, of
   weight[i * taps + k] * src[index[i * taps + k]]. Null weights: position i is src[i]. */
typedef struct {
  int32_t taps;
  const int16_t* index;
  const float* weight;
} galet_axis;

typedef struct {
  int32_t src_w, dst_h, dst_w, channels;
  galet_axis y, x;
  int32_t src_zero_point, dst_zero_point, lo, hi;
  float scale; /* s_src / s_dst */
} galet_resample;

/* sum + weight * value, rounded after the product and after the sum, by any compiler on any machine. */
static inline float galet_add_product(float sum, float weight, float value) {
  volatile float rounded = weight * value;
  rounded = sum + rounded;
  return rounded;
}

/* The nearest integer to x, |x| < 2^22, halves to even: a float between 2^23 and 2^24 has no room for a fraction. */
static inline int32_t galet_nearest_float(float x) {
  volatile float rounded = x + 12582912.0f;
  rounded = rounded - 12582912.0f;
  return (int32_t)rounded;
}

static inline float galet_column(const galet_resample* p, const uint8_t* src, int32_t y, int32_t x) {
  float sum = 0.0f;
  int32_t k;
  if (p->y.weight == 0) return (float)(src[(y * p->src_w + x) * p->channels] - p->src_zero_point);
  for (k = y * p->y.taps; k < (y + 1) * p->y.taps; ++k)
    sum = galet_add_product(sum, p->y.weight[k], (float)(src[(p->y.index[k] * p->src_w + x) * p->channels] - p->src_zero_point));
  return sum;
}

static void galet_run_resample(const galet_resample* p, const uint8_t* src, uint8_t* dst) {
  int32_t y, x, c, k;
  for (y = 0; y < p->dst_h; ++y)
    for (x = 0; x < p->dst_w; ++x)
      for (c = 0; c < p->channels; ++c) {
        const float lo = (float)(p->lo - p->dst_zero_point), hi = (float)(p->hi - p->dst_zero_point);
        float sum = 0.0f;
        if (p->x.weight == 0) sum = galet_column(p, src + c, y, x);
        for (k = x * p->x.taps; p->x.weight != 0 && k < (x + 1) * p->x.taps; ++k)
          sum = galet_add_product(sum, p->x.weight[k], galet_column(p, src + c, y, p->x.index[k]));
        sum = galet_add_product(0.0f, p->scale, sum);
        sum = sum < lo ? lo : sum > hi ? hi : sum;
        *dst++ = (uint8_t)(galet_nearest_float(sum) + p->dst_zero_point);
      }
}
