/* Pixels (count, channels) of 8 bits become codes: one table of 256 codes a channel of the network; from[c]: the pixel's channel. */
static void galet_run_pixels(const uint8_t* src, int32_t count, int32_t src_channels, const uint8_t* tables, int32_t channels,
                             const uint8_t* from, uint8_t* dst) {
  int32_t i, c;
  for (i = 0; i < count; ++i, src += src_channels, dst += channels)
    for (c = 0; c < channels; ++c) dst[c] = tables[c * 256 + src[from[c]]];
}
