/* States of a map's places while galet_peaks looks at one channel. */
enum { galet_new = 0, galet_current = 1, galet_done = 2 };

/* One channel of a map (h, w, c), and the rectangle of the plateau that is being looked at. */
typedef struct {
  const uint8_t* codes;
  int32_t height, width, channels, top, bottom, left, right;
  uint8_t* state; /* (h, w) */
} galet_plateau;

/* Whether a neighbour of (y, x) has a larger code, and how many have the same one and are in the plateau (`state` current). */
static int galet_is_below(const galet_plateau* p, int32_t y, int32_t x, int32_t* joined) {
  const uint8_t code = p->codes[(y * p->width + x) * p->channels];
  int below = 0;
  int32_t v, u;
  *joined = 0;
  for (v = y > 0 ? y - 1 : 0; v <= y + 1 && v < p->height; ++v)
    for (u = x > 0 ? x - 1 : 0; u <= x + 1 && u < p->width; ++u) {
      const uint8_t other = p->codes[(v * p->width + u) * p->channels];
      below = below || other > code;
      *joined += other == code && p->state[v * p->width + u] == galet_current;
    }
  return below;
}

/* Takes all places of the same code that hang together with (y, x), by sides or corners. Returns whether none has a larger neighbour. */
static int galet_grow(galet_plateau* p, int32_t y, int32_t x) {
  const uint8_t code = p->codes[(y * p->width + x) * p->channels];
  int32_t v, u, joined;
  int below = galet_is_below(p, y, x, &joined), grows = 1;
  p->state[y * p->width + x] = galet_current;
  p->top = p->bottom = y, p->left = p->right = x;
  while (grows) {
    const int32_t top = p->top > 0 ? p->top - 1 : 0, bottom = p->bottom + 1 < p->height ? p->bottom + 1 : p->bottom;
    const int32_t left = p->left > 0 ? p->left - 1 : 0, right = p->right + 1 < p->width ? p->right + 1 : p->right;
    grows = 0;
    for (v = top; v <= bottom; ++v)
      for (u = left; u <= right; ++u) {
        if (p->state[v * p->width + u] != galet_new || p->codes[(v * p->width + u) * p->channels] != code) continue;
        if (galet_is_below(p, v, u, &joined)) below = below || joined > 0;
        if (joined == 0) continue;
        p->state[v * p->width + u] = galet_current;
        p->top = v < p->top ? v : p->top, p->bottom = v > p->bottom ? v : p->bottom;
        p->left = u < p->left ? u : p->left, p->right = u > p->right ? u : p->right;
        grows = 1;
      }
  }
  return !below;
}

/* The place of the plateau nearest to its centroid (rounded, halves up), the first of equally near ones; the plateau is done then. */
static void galet_settle(galet_plateau* p, int32_t* y, int32_t* x) {
  int64_t sum_y = 0, sum_x = 0, count = 0, nearest = INT64_MAX;
  int32_t v, u;
  for (v = p->top; v <= p->bottom; ++v)
    for (u = p->left; u <= p->right; ++u)
      if (p->state[v * p->width + u] == galet_current) sum_y += v, sum_x += u, ++count;
  sum_y = (2 * sum_y + count) / (2 * count), sum_x = (2 * sum_x + count) / (2 * count);
  for (v = p->top; v <= p->bottom; ++v)
    for (u = p->left; u <= p->right; ++u)
      if (p->state[v * p->width + u] == galet_current) {
        const int64_t far = (v - sum_y) * (v - sum_y) + (u - sum_x) * (u - sum_x);
        if (far < nearest) nearest = far, *y = v, *x = u;
        p->state[v * p->width + u] = galet_done;
      }
}

/* Local maxima of a map (h, w, c), at least `threshold`: places of equal codes that hang together by sides or corners and have no larger
   neighbour are one peak, at the place of theirs nearest to their centre. Peaks are (y, x, c, code), channel after channel, each in the
   order of the plateaus' first places. state: h * w bytes. Returns how many there are, of which the first `room` were written. */
static int32_t galet_peaks(const uint8_t* map, int32_t height, int32_t width, int32_t channels, uint8_t threshold, int16_t (*peaks)[4],
                           int32_t room, uint8_t* state) {
  int32_t found = 0, y, x, c;
  for (c = 0; c < channels; ++c) {
    galet_plateau p;
    p.codes = map + c, p.height = height, p.width = width, p.channels = channels, p.state = state;
    memset(state, galet_new, (size_t)height * (size_t)width);
    for (y = 0; y < height; ++y)
      for (x = 0; x < width; ++x) {
        const uint8_t code = p.codes[(y * width + x) * channels];
        int32_t at_y = y, at_x = x;
        int wins;
        if (code < threshold || state[y * width + x] != galet_new) continue;
        wins = galet_grow(&p, y, x);
        galet_settle(&p, &at_y, &at_x);
        if (!wins) continue;
        if (found < room) {
          peaks[found][0] = (int16_t)at_y;
          peaks[found][1] = (int16_t)at_x;
          peaks[found][2] = (int16_t)c;
          peaks[found][3] = code;
        }
        ++found;
      }
  }
  return found;
}
