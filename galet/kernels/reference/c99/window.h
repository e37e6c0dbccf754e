/* The geometry of a sliding window over (h, w, c) codes. Steps are codes from one pixel to the next: the number of channels, or more where
   a tensor is a slice of a wider one. */
typedef struct {
  int32_t src_h, src_w, src_c, src_step;
  int32_t dst_h, dst_w, dst_c, dst_step;
  int32_t kernel_h, kernel_w, stride_h, stride_w, dilation_h, dilation_w, pad_top, pad_left;
} galet_window_shape;

/* The taps [begin, end) of a window that starts at `at` which lie inside the source. */
typedef struct {
  int32_t begin, end;
} galet_range;

static inline galet_range galet_taps(int32_t at, int32_t kernel, int32_t dilation, int32_t extent) {
  galet_range taps;
  taps.begin = at < 0 ? (dilation - 1 - at) / dilation : 0;
  taps.end = at + (kernel - 1) * dilation < extent ? kernel : at < extent ? (extent - at + dilation - 1) / dilation : 0;
  if (taps.begin > kernel) taps.begin = kernel;
  if (taps.end < taps.begin) taps.end = taps.begin;
  return taps;
}
