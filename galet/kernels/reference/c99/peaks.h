/* Whether the code at `at` is larger than the code at (y, x), or as large and before it: no two neighbours can both be. */
static int galet_beats(const uint8_t* map, int32_t height, int32_t width, int32_t channels, int32_t at, int32_t y, int32_t x, int32_t c) {
  const int32_t other = (y * width + x) * channels + c;
  if (y < 0 || y >= height || x < 0 || x >= width || other == at) return 1;
  return map[at] > map[other] || (map[at] == map[other] && at < other);
}

/* Local maxima over 3 x 3 of a map (h, w, c), at least `threshold`, in order; places (y, x, c, code). Returns how many there are, of which
   the first `room` were written. */
static int32_t galet_peaks(const uint8_t* map, int32_t height, int32_t width, int32_t channels, uint8_t threshold, int16_t (*peaks)[4],
                           int32_t room) {
  int32_t found = 0, y, x, c, dy, dx;
  for (y = 0; y < height; ++y)
    for (x = 0; x < width; ++x)
      for (c = 0; c < channels; ++c) {
        const int32_t at = (y * width + x) * channels + c;
        int wins = map[at] >= threshold;
        for (dy = -1; dy <= 1; ++dy)
          for (dx = -1; dx <= 1; ++dx) wins = wins && galet_beats(map, height, width, channels, at, y + dy, x + dx, c);
        if (!wins) continue;
        if (found < room) {
          peaks[found][0] = (int16_t)y;
          peaks[found][1] = (int16_t)x;
          peaks[found][2] = (int16_t)c;
          peaks[found][3] = map[at];
        }
        ++found;
      }
  return found;
}
