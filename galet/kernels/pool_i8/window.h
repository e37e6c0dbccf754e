// Where the window of an output pixel lies in the source map. Not for instruction-set files' interfaces: they include it in an anonymous
// namespace.
struct Window {
  int64_t first_pixel;   // index of its first pixel inside the map, over the whole tensor
  int64_t rows, cols;    // inside the map; 0 rows or columns: wholly outside
  int64_t padded_count;  // positions inside map and padding
};

/// Taps k in [begin, end) have 0 <= start + k * dilation < limit.
inline void clip_taps(int64_t start, int64_t taps, int64_t dilation, int64_t low, int64_t limit, int64_t* begin, int64_t* end) {
  *begin = start >= low ? 0 : (low - start + dilation - 1) / dilation;
  *end = start >= limit ? 0 : (limit - start + dilation - 1) / dilation;
  if (*end > taps) *end = taps;
  if (*end < *begin) *end = *begin;
}

inline Window window_of(const PoolShape& s, int64_t pixel) {
  const int64_t image = pixel / (s.dst_h * s.dst_w), oy = pixel / s.dst_w % s.dst_h, ox = pixel % s.dst_w;
  const int64_t top = oy * s.stride_h - s.pad_top, left = ox * s.stride_w - s.pad_left;
  int64_t y0, y1, x0, x1;
  clip_taps(top, s.kernel_h, s.dilation_h, -s.pad_top, s.src_h + s.pad_bottom, &y0, &y1);
  clip_taps(left, s.kernel_w, s.dilation_w, -s.pad_left, s.src_w + s.pad_right, &x0, &x1);
  Window window;
  window.padded_count = (y1 - y0) * (x1 - x0);
  clip_taps(top, s.kernel_h, s.dilation_h, 0, s.src_h, &y0, &y1);
  clip_taps(left, s.kernel_w, s.dilation_w, 0, s.src_w, &x0, &x1);
  window.rows = y1 - y0;
  window.cols = x1 - x0;
  window.first_pixel = (image * s.src_h + top + y0 * s.dilation_h) * s.src_w + left + x0 * s.dilation_w;
  return window;
}
