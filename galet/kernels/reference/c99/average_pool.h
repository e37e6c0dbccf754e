/* Mean of each window: the sum of (code - z), requantized by a scale that has the number of elements in it. */
typedef struct {
  galet_window_shape shape;
  int32_t pad_bottom, pad_right, count_padding;
  const uint32_t* scale; /* scale[n - first]: s_src / (s_dst * n) */
  int32_t first, src_zero_point, dst_zero_point, lo, hi;
} galet_average_pool;

static void galet_run_average_pool(const galet_average_pool* pool, const uint8_t* src, uint8_t* dst) {
  const galet_window_shape* shape = &pool->shape;
  int32_t y, x, ky, kx, c;
  for (y = 0; y < shape->dst_h; ++y) {
    const int32_t top = y * shape->stride_h - shape->pad_top;
    const galet_range ys = galet_taps(top, shape->kernel_h, shape->dilation_h, shape->src_h);
    const galet_range all_ys = galet_taps(top, shape->kernel_h, shape->dilation_h, shape->src_h + pool->pad_bottom);
    for (x = 0; x < shape->dst_w; ++x, dst += shape->dst_step) {
      const int32_t left = x * shape->stride_w - shape->pad_left;
      const galet_range xs = galet_taps(left, shape->kernel_w, shape->dilation_w, shape->src_w);
      const galet_range all_xs = galet_taps(left, shape->kernel_w, shape->dilation_w, shape->src_w + pool->pad_right);
      const int32_t taps = (ys.end - ys.begin) * (xs.end - xs.begin), n = pool->count_padding ? all_ys.end * all_xs.end : taps;
      const uint32_t scale = n < pool->first ? 1u : pool->scale[n - pool->first]; /* 1: no element, mean 0 */
      for (c = 0; c < shape->src_c; ++c) {
        int32_t sum = -taps * pool->src_zero_point;
        for (ky = ys.begin; ky < ys.end; ++ky)
          for (kx = xs.begin; kx < xs.end; ++kx)
            sum += src[((top + ky * shape->dilation_h) * shape->src_w + left + kx * shape->dilation_w) * shape->src_step + c];
        dst[c] = galet_requantize(sum, scale, pool->dst_zero_point, pool->lo, pool->hi);
      }
    }
  }
}
