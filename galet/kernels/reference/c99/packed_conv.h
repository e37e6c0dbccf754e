/* Convolution whose weights take less room than a byte each, in the order in which galet_conv has them, every block of output channels from
   a byte of its own. bits 1, 2 or 4: few different codes, each an index into `levels`, lowest bits first. bits 8: many zeros, which are
   left out: a byte that says which of the next eight codes are not zero, lowest bit first, then these codes. Block after block is unpacked
   into `scratch`, then run as a convolution of its own: kernel_h * kernel_w * (in / groups) * 8 bytes. */
typedef struct {
  galet_conv conv;
  int32_t bits;
  const int8_t* levels; /* null for bits 8 */
} galet_packed_conv;

/* Unpacks n codes; returns where the next block begins. */
static const int8_t* galet_unpack(const galet_packed_conv* packed, const int8_t* weight, int32_t n, int8_t* codes) {
  const int32_t per_byte = 8 / packed->bits, mask = (1 << packed->bits) - 1;
  int32_t i, k;
  if (packed->levels == 0) {
    for (i = 0; i < n; i += 8) {
      int32_t present = (uint8_t)*weight++;
      for (k = 0; k < 8 && i + k < n; ++k, present >>= 1) codes[i + k] = (present & 1) != 0 ? *weight++ : 0;
    }
    return weight;
  }
  for (i = 0; i < n; i += per_byte) {
    int32_t byte = (uint8_t)*weight++;
    for (k = 0; k < per_byte && i + k < n; ++k, byte >>= packed->bits) codes[i + k] = packed->levels[byte & mask];
  }
  return weight;
}

static void galet_run_packed_conv(const galet_packed_conv* packed, const uint8_t* src, const int8_t* weight, const uint8_t* other,
                                  uint8_t* dst, void* scratch) {
  const galet_conv* conv = &packed->conv;
  const galet_window_shape* shape = &conv->shape;
  const int32_t in = shape->src_c / conv->groups, out = shape->dst_c / conv->groups, element = conv->finish.scale == 0 ? 4 : 1;
  int8_t* codes = (int8_t*)scratch;
  int32_t group, c, width;
  for (group = 0; group < conv->groups; ++group)
    for (c = 0; c < out; c += width) {
      const int32_t channel = group * out + c;
      galet_conv block = *conv;
      width = out - c > 4 ? 8 : 4;
      weight = galet_unpack(packed, weight, shape->kernel_h * shape->kernel_w * in * width, codes);
      block.groups = 1;
      block.shape.src_c = in;
      block.shape.dst_c = out - c < width ? out - c : width;
      block.bias += channel;
      if (block.finish.scale != 0) block.finish.scale += channel;
      galet_run_conv(&block, src + group * in, codes, other == 0 ? 0 : other + channel, dst + channel * element);
    }
}
