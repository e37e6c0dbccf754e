/* Part of a window whose taps meet the source in `rows` times `cols` runs of `run` codes. */
typedef struct {
  int32_t rows, cols, run;
  int32_t src_row, src_col;       /* codes from run to run in the source */
  int32_t weight_row, weight_col; /* the same in the weights of one channel */
} galet_runs;

/* acc[0..7] += one pixel's products with eight channels: eight sums, a code and a weight are what 13 registers hold. */
static inline void galet_dot8(const galet_runs* runs, const uint8_t* src, const int8_t* weight, uint32_t* acc) {
  uint32_t a0 = acc[0], a1 = acc[1], a2 = acc[2], a3 = acc[3], a4 = acc[4], a5 = acc[5], a6 = acc[6], a7 = acc[7];
  int32_t row, col;
  for (row = 0; row < runs->rows; ++row)
    for (col = 0; col < runs->cols; ++col) {
      const uint8_t *s = src + row * runs->src_row + col * runs->src_col, *end = s + runs->run;
      const int8_t* w = weight + (row * runs->weight_row + col * runs->weight_col) * 8;
      for (; s != end; ++s, w += 8) {
        const int32_t x = *s;
        a0 += (uint32_t)(x * w[0]);
        a1 += (uint32_t)(x * w[1]);
        a2 += (uint32_t)(x * w[2]);
        a3 += (uint32_t)(x * w[3]);
        a4 += (uint32_t)(x * w[4]);
        a5 += (uint32_t)(x * w[5]);
        a6 += (uint32_t)(x * w[6]);
        a7 += (uint32_t)(x * w[7]);
      }
    }
  acc[0] = a0, acc[1] = a1, acc[2] = a2, acc[3] = a3, acc[4] = a4, acc[5] = a5, acc[6] = a6, acc[7] = a7;
}

/* The same with four channels. */
static inline void galet_dot4(const galet_runs* runs, const uint8_t* src, const int8_t* weight, uint32_t* acc) {
  uint32_t a0 = acc[0], a1 = acc[1], a2 = acc[2], a3 = acc[3];
  int32_t row, col;
  for (row = 0; row < runs->rows; ++row)
    for (col = 0; col < runs->cols; ++col) {
      const uint8_t *s = src + row * runs->src_row + col * runs->src_col, *end = s + runs->run;
      const int8_t* w = weight + (row * runs->weight_row + col * runs->weight_col) * 4;
      for (; s != end; ++s, w += 4) {
        const int32_t x = *s;
        a0 += (uint32_t)(x * w[0]);
        a1 += (uint32_t)(x * w[1]);
        a2 += (uint32_t)(x * w[2]);
        a3 += (uint32_t)(x * w[3]);
      }
    }
  acc[0] = a0, acc[1] = a1, acc[2] = a2, acc[3] = a3;
}

/* acc[0..width-1] += z * (the weights of the taps outside ys x xs). */
static void galet_add_padding(const galet_window_shape* shape, galet_range ys, galet_range xs, int32_t in, int32_t z, const int8_t* weight,
                              int32_t width, uint32_t* acc) {
  int32_t ky, kx, i;
  for (ky = 0; ky < shape->kernel_h; ++ky)
    for (kx = 0; kx < shape->kernel_w; ++kx) {
      const int8_t* w = weight + (ky * shape->kernel_w + kx) * in * width;
      if (ky >= ys.begin && ky < ys.end && kx >= xs.begin && kx < xs.end) continue;
      for (i = 0; i < in * width; ++i) acc[i & (width - 1)] += (uint32_t)(z * w[i]);
    }
}

/* other: the second tensor of the addition, of the shape of dst, or null; it may be dst. */
static void galet_run_conv(const galet_conv* conv, const uint8_t* src, const int8_t* weight, const uint8_t* other, uint8_t* dst) {
  const galet_conv p = *conv; /* a copy: storing codes cannot change it, so compilers keep it at hand */
  const galet_window_shape* shape = &p.shape;
  const int32_t in = shape->src_c / p.groups, out = shape->dst_c / p.groups, element = p.finish.scale == 0 ? 4 : 1;
  const int joined = shape->dilation_w == 1 && in == shape->src_step; /* the taps of a row lie side by side */
  int32_t y, x, group, c, i, width;
  for (y = 0; y < shape->dst_h; ++y) {
    const int32_t top = y * shape->stride_h - shape->pad_top;
    const galet_range ys = galet_taps(top, shape->kernel_h, shape->dilation_h, shape->src_h);
    for (x = 0; x < shape->dst_w; ++x) {
      const int32_t left = x * shape->stride_w - shape->pad_left;
      const galet_range xs = galet_taps(left, shape->kernel_w, shape->dilation_w, shape->src_w);
      const int empty = ys.begin == ys.end || xs.begin == xs.end;
      const int whole = ys.end - ys.begin == shape->kernel_h && xs.end - xs.begin == shape->kernel_w;
      const uint8_t* first =
          empty ? src : src + ((top + ys.begin * shape->dilation_h) * shape->src_w + left + xs.begin * shape->dilation_w) * shape->src_step;
      const int32_t first_tap = (ys.begin * shape->kernel_w + xs.begin) * in;
      const int8_t* w = weight;
      galet_runs runs;
      runs.rows = empty ? 0 : ys.end - ys.begin;
      runs.cols = joined ? 1 : xs.end - xs.begin;
      runs.run = joined ? (xs.end - xs.begin) * in : in;
      runs.src_row = shape->dilation_h * shape->src_w * shape->src_step;
      runs.src_col = shape->dilation_w * shape->src_step;
      runs.weight_row = shape->kernel_w * in;
      runs.weight_col = in;
      for (group = 0; group < p.groups; ++group)
        for (c = 0; c < out; c += width) {
          const int32_t channel = group * out + c;
          uint32_t acc[8] = {0, 0, 0, 0, 0, 0, 0, 0};
          width = out - c > 4 ? 8 : 4;
          if (!whole && p.src_zero_point != 0) galet_add_padding(shape, ys, xs, in, p.src_zero_point, w, width, acc);
          if (width == 8)
            galet_dot8(&runs, first + group * in, w + first_tap * 8, acc);
          else
            galet_dot4(&runs, first + group * in, w + first_tap * 4, acc);
          w += shape->kernel_h * shape->kernel_w * in * width;
          for (i = 0; i < width && c + i < out; ++i)
            galet_store(&p.finish, channel + i, (int32_t)(acc[i] + (uint32_t)p.bias[channel + i]), other == 0 ? 0 : other + channel + i,
                        dst + (channel + i) * element);
        }
      dst += shape->dst_step * element;
      if (other != 0) other += p.other_step;
    }
  }
}
