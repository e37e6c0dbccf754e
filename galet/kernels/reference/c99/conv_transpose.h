/* Transposed convolution: dst position = src position * stride - pad + tap * dilation; each output gathers the sources that reach it.
   Operands as galet_conv, but the bias is the plain one and the zero point is taken off each code. */
static inline int galet_reaches(int32_t at, int32_t tap, int32_t stride, int32_t pad, int32_t dilation, int32_t extent, int32_t* position) {
  const int32_t from = at + pad - tap * dilation;
  if (from < 0 || from % stride != 0) return 0;
  *position = from / stride;
  return *position < extent;
}

static void galet_run_conv_transpose(const galet_conv* conv, const uint8_t* src, const int8_t* weight, const uint8_t* other, uint8_t* dst) {
  const galet_conv p = *conv; /* a copy: storing codes cannot change it, so compilers keep it at hand */
  const galet_window_shape* shape = &p.shape;
  const int32_t in = shape->src_c / p.groups, out = shape->dst_c / p.groups, element = p.finish.scale == 0 ? 4 : 1;
  int32_t y, x, ky, kx, sy, sx, group, c, i, width;
  for (y = 0; y < shape->dst_h; ++y)
    for (x = 0; x < shape->dst_w; ++x) {
      const int8_t* w = weight;
      for (group = 0; group < p.groups; ++group)
        for (c = 0; c < out; c += width) {
          const int32_t channel = group * out + c;
          uint32_t acc[8] = {0, 0, 0, 0, 0, 0, 0, 0};
          width = out - c > 4 ? 8 : 4;
          for (ky = 0; ky < shape->kernel_h; ++ky)
            for (kx = 0; kx < shape->kernel_w; ++kx, w += in * width) {
              const uint8_t* s;
              if (!galet_reaches(y, ky, shape->stride_h, shape->pad_top, shape->dilation_h, shape->src_h, &sy)) continue;
              if (!galet_reaches(x, kx, shape->stride_w, shape->pad_left, shape->dilation_w, shape->src_w, &sx)) continue;
              s = src + (sy * shape->src_w + sx) * shape->src_step + group * in;
              for (i = 0; i < in * width; ++i) acc[i & (width - 1)] += (uint32_t)((s[i / width] - p.src_zero_point) * w[i]);
            }
          for (i = 0; i < width && c + i < out; ++i)
            galet_store(&p.finish, channel + i, (int32_t)(acc[i] + (uint32_t)p.bias[channel + i]), other == 0 ? 0 : other + channel + i,
                        dst + (channel + i) * element);
        }
      dst += shape->dst_step * element;
      if (other != 0) other += p.other_step;
    }
}
