/* Accumulators become real numbers in place: clamp(float(acc) * scale[channel], lo, hi). volatile: each step is rounded to float, whatever
   registers the machine has. */
static void galet_run_to_real(float* values, int32_t pixels, int32_t channels, const float* scale, float lo, float hi) {
  int32_t pixel, c;
  for (pixel = 0; pixel < pixels; ++pixel)
    for (c = 0; c < channels; ++c, ++values) {
      int32_t acc;
      volatile float x;
      memcpy(&acc, values, sizeof acc);
      x = (float)acc;
      x = x * scale[c];
      *values = x < lo ? lo : x > hi ? hi : x;
    }
}
