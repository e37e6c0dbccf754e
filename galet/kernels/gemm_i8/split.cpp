// Packing into the two forms of split.h.
#include "galet/kernels/gemm_i8/split.h"

#include <algorithm>
#include <cstring>

namespace galet::kernels {
namespace {

constexpr int32_t kBound = 128;  // of two neighbouring weights of one sign

/// What the pair exceeds the bound by, to be taken from its first weight; 0: nothing.
int32_t excess(int32_t a, int32_t b) {
  const int32_t positive = std::max(a, 0) + std::max(b, 0), negative = std::min(a, 0) + std::min(b, 0);
  return positive > kBound ? positive - kBound : negative < -kBound ? negative + kBound : 0;
}

bool has_rest(const int8_t* quads, int64_t count) {
  bool found = false;
  for (int64_t i = 0; i < 4 * count; i += 2) found |= excess(quads[i], quads[i + 1]) != 0;
  return found;
}

/// Widens quads in place, from the end. pairs: word j of a quad goes to step j / 2 of all vectors; else j % 2 says where in its vector.
void widen(int64_t lanes, int64_t vectors, int64_t quads, bool pairs, int8_t* weights) {
  int8_t bytes[256];
  int16_t words[256];
  const int64_t size = vectors * lanes * 4;
  for (int64_t quad = quads - 1; quad >= 0; --quad) {
    std::memcpy(bytes, weights + quad * size, static_cast<size_t>(size));
    for (int64_t v = 0; v < vectors; ++v)
      for (int64_t lane = 0; lane < lanes; ++lane)
        for (int64_t j = 0; j < 4; ++j) {
          const int64_t part = pairs ? j / 2 * vectors + v : v * 2 + j % 2, at = pairs ? j % 2 : j / 2;
          words[(part * lanes + lane) * 2 + at] = bytes[(v * lanes + lane) * 4 + j];
        }
    std::memcpy(weights + quad * size * 2, words, static_cast<size_t>(size) * 2);
  }
}

}  // namespace

void split_weights(int64_t lanes, int64_t vectors, int64_t taps, int64_t tap_bytes, int64_t pixels, bool wide, int8_t* block) {
  SplitHeader header{};
  int8_t* weights = block + sizeof header;
  const int64_t quads = taps * tap_bytes / 4, count = quads * vectors;
  int64_t extras = 0;
  for (int64_t i = 0; i < count; ++i) extras += has_rest(weights + i * lanes * 4, lanes) ? 1 : 0;
  // An extra costs somewhat more than a vector of quads in form split; words cost 1.3 to 1.5 times that for all of them, less in pairs.
  // With few pixels it counts that words take twice the reading.
  const int64_t limit = pixels < 4 ? 10 : wide ? 3 : 6;  // at most 10: so many there is room for
  if (20 * extras > limit * count) {
    header.form = wide ? SplitForm::pairs : SplitForm::even_odd;
    widen(lanes, vectors, quads, wide, weights);
    std::memcpy(block, &header, sizeof header);
    return;
  }
  const auto place = [](int32_t at, int64_t bytes) { return at + static_cast<int32_t>(bytes); };
  header.index = place(sizeof header, count * lanes * 4);
  header.k = place(header.index, (taps * vectors + 1) * 4);
  header.rests = place(header.k, extras * 4);
  int32_t extra = 0, *index = reinterpret_cast<int32_t*>(block + header.index), *offsets = reinterpret_cast<int32_t*>(block + header.k);
  for (int64_t tap = 0; tap < taps; ++tap)
    for (int64_t v = 0; v < vectors; ++v) {
      index[tap * vectors + v] = extra;
      for (int64_t k = 0; k < tap_bytes; k += 4) {
        int8_t* at = weights + ((tap * tap_bytes + k) / 4 * vectors + v) * lanes * 4;
        if (!has_rest(at, lanes)) continue;
        int8_t* rest = block + header.rests + extra * lanes * 4;
        for (int64_t i = 0; i < lanes * 4; i += 2) {
          const int32_t over = excess(at[i], at[i + 1]);
          at[i] = static_cast<int8_t>(at[i] - over);
          rest[i] = static_cast<int8_t>(over);
        }
        offsets[extra++] = static_cast<int32_t>(k);
      }
    }
  index[taps * vectors] = extra;
  std::memcpy(block, &header, sizeof header);
}

}  // namespace galet::kernels
