/* scale * float(code - zero_point) */
static void galet_run_dequantize(const uint8_t* src, int32_t count, float scale, int32_t zero_point, float* dst) {
  int32_t i;
  for (i = 0; i < count; ++i) dst[i] = scale * (float)(src[i] - zero_point);
}
