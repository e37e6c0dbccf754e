/* Depthwise convolution: each channel by itself, weights (kernel_h, kernel_w, channels); otherwise as galet_conv. */
typedef struct {
  galet_window_shape shape;
  int32_t src_zero_point;
  const int32_t* bias; /* with -z * (sum of the channel's weights) in it */
  galet_finish finish;
  int32_t other_step;
} galet_depthwise;

/* acc[0..n-1] += the products of n <= 4 channels with the taps inside the source; the taps outside add z * weight. */
static inline void galet_depthwise_taps(const galet_depthwise* conv, galet_range ys, galet_range xs, const uint8_t* src,
                                        const int8_t* weight, int32_t n, uint32_t* acc) {
  const galet_window_shape* shape = &conv->shape;
  const int32_t row_step = shape->dilation_h * shape->src_w * shape->src_step, col_step = shape->dilation_w * shape->src_step;
  int32_t ky, kx, i;
  uint32_t a0 = 0, a1 = 0, a2 = 0, a3 = 0;
  for (ky = ys.begin; ky < ys.end; ++ky) {
    const uint8_t* s = src + (ky - ys.begin) * row_step;
    const int8_t* w = weight + (ky * shape->kernel_w + xs.begin) * shape->src_c;
    if (n == 4)
      for (kx = xs.begin; kx < xs.end; ++kx, s += col_step, w += shape->src_c) {
        a0 += (uint32_t)(s[0] * w[0]);
        a1 += (uint32_t)(s[1] * w[1]);
        a2 += (uint32_t)(s[2] * w[2]);
        a3 += (uint32_t)(s[3] * w[3]);
      }
    else
      for (kx = xs.begin; kx < xs.end; ++kx, s += col_step, w += shape->src_c)
        for (i = 0; i < n; ++i) acc[i] += (uint32_t)(s[i] * w[i]);
  }
  if (n == 4) acc[0] += a0, acc[1] += a1, acc[2] += a2, acc[3] += a3;
  if (conv->src_zero_point == 0) return;
  for (ky = 0; ky < shape->kernel_h; ++ky)
    for (kx = 0; kx < shape->kernel_w; ++kx) {
      const int8_t* w = weight + (ky * shape->kernel_w + kx) * shape->src_c;
      if (ky >= ys.begin && ky < ys.end && kx >= xs.begin && kx < xs.end) continue;
      for (i = 0; i < n; ++i) acc[i] += (uint32_t)(conv->src_zero_point * w[i]);
    }
}

/* other: the second tensor of the addition, of the shape of dst, or null; it may be dst. */
static void galet_run_depthwise(const galet_depthwise* conv, const uint8_t* src, const int8_t* weight, const uint8_t* other, uint8_t* dst) {
  const galet_depthwise p = *conv; /* a copy: storing codes cannot change it, so compilers keep it at hand */
  const galet_window_shape* shape = &p.shape;
  const int32_t element = p.finish.scale == 0 ? 4 : 1;
  int32_t y, x, c, i;
  for (y = 0; y < shape->dst_h; ++y) {
    const int32_t top = y * shape->stride_h - shape->pad_top;
    const galet_range ys = galet_taps(top, shape->kernel_h, shape->dilation_h, shape->src_h);
    for (x = 0; x < shape->dst_w; ++x) {
      const int32_t left = x * shape->stride_w - shape->pad_left;
      const galet_range xs = galet_taps(left, shape->kernel_w, shape->dilation_w, shape->src_w);
      const int empty = ys.begin == ys.end || xs.begin == xs.end;
      const uint8_t* s =
          empty ? src : src + ((top + ys.begin * shape->dilation_h) * shape->src_w + left + xs.begin * shape->dilation_w) * shape->src_step;
      for (c = 0; c < shape->src_c; c += 4) {
        const int32_t n = shape->src_c - c < 4 ? shape->src_c - c : 4;
        uint32_t acc[4] = {0, 0, 0, 0};
        galet_depthwise_taps(&p, ys, xs, s + c, weight + c, n, acc);
        for (i = 0; i < n; ++i)
          galet_store(&p.finish, c + i, (int32_t)(acc[i] + (uint32_t)p.bias[c + i]), other == 0 ? 0 : other + c + i,
                      dst + (c + i) * element);
      }
      dst += shape->dst_step * element;
      if (other != 0) other += p.other_step;
    }
  }
}
