/* Largest code of each window; a window without a source gives 0. */
static void galet_run_max_pool(const galet_window_shape* shape, const uint8_t* src, uint8_t* dst) {
  int32_t y, x, ky, kx, c;
  for (y = 0; y < shape->dst_h; ++y) {
    const int32_t top = y * shape->stride_h - shape->pad_top;
    const galet_range ys = galet_taps(top, shape->kernel_h, shape->dilation_h, shape->src_h);
    for (x = 0; x < shape->dst_w; ++x, dst += shape->dst_step) {
      const int32_t left = x * shape->stride_w - shape->pad_left;
      const galet_range xs = galet_taps(left, shape->kernel_w, shape->dilation_w, shape->src_w);
      for (c = 0; c < shape->src_c; ++c) dst[c] = 0;
      for (ky = ys.begin; ky < ys.end; ++ky)
        for (kx = xs.begin; kx < xs.end; ++kx) {
          const uint8_t* s = src + ((top + ky * shape->dilation_h) * shape->src_w + left + kx * shape->dilation_w) * shape->src_step;
          for (c = 0; c < shape->src_c; ++c)
            if (s[c] > dst[c]) dst[c] = s[c];
        }
    }
  }
}
