/* Convolution whose weights have few different codes: each is an index of `bits` bits (1, 2 or 4) into `levels`, lowest bits first, in the
   order in which galet_conv has the weights. Block after block of output channels is unpacked into `scratch`, then run as a convolution of
   its own: kernel_h * kernel_w * (in / groups) * 8 bytes. */
typedef struct {
  galet_conv conv;
  int32_t bits;
  const int8_t* levels;
} galet_packed_conv;

static void galet_run_packed_conv(const galet_packed_conv* packed, const uint8_t* src, const int8_t* weight, const uint8_t* other,
                                  uint8_t* dst, void* scratch) {
  const galet_conv* conv = &packed->conv;
  const galet_window_shape* shape = &conv->shape;
  const int32_t in = shape->src_c / conv->groups, out = shape->dst_c / conv->groups, element = conv->finish.scale == 0 ? 4 : 1;
  const int32_t per_byte = 8 / packed->bits, mask = (1 << packed->bits) - 1;
  int8_t* codes = (int8_t*)scratch;
  int32_t group, c, i, k, width;
  for (group = 0; group < conv->groups; ++group)
    for (c = 0; c < out; c += width) {
      const int32_t channel = group * out + c;
      galet_conv block = *conv;
      width = out - c > 4 ? 8 : 4;
      for (i = 0; i < shape->kernel_h * shape->kernel_w * in * width; i += per_byte) {
        int32_t byte = (uint8_t)*weight++;
        for (k = 0; k < per_byte; ++k, byte >>= packed->bits) codes[i + k] = packed->levels[byte & mask];
      }
      block.groups = 1;
      block.shape.src_c = in;
      block.shape.dst_c = out - c < width ? out - c : width;
      block.bias += channel;
      if (block.finish.scale != 0) block.finish.scale += channel;
      galet_run_conv(&block, src + group * in, codes, other == 0 ? 0 : other + channel, dst + channel * element);
    }
}
