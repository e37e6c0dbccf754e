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

/// In place, from the end: every quad becomes four words, the even ones of a vector before the odd ones.
void widen(int64_t lanes, int64_t count, int8_t* weights) {
  int8_t quads[64];
  for (int64_t i = count - 1; i >= 0; --i) {
    std::memcpy(quads, weights + i * lanes * 4, static_cast<size_t>(lanes) * 4);
    int16_t words[64];
    for (int64_t lane = 0; lane < lanes; ++lane)
      for (int64_t j = 0; j < 4; ++j) words[(j % 2 * lanes + lane) * 2 + j / 2] = quads[lane * 4 + j];
    std::memcpy(weights + i * lanes * 8, words, static_cast<size_t>(lanes) * 8);
  }
}

}  // namespace

void split_weights(int64_t lanes, int64_t vectors, int64_t taps, int64_t tap_bytes, int8_t* block) {
  SplitHeader header{};
  int8_t* weights = block + sizeof header;
  const int64_t quads = taps * tap_bytes / 4, count = quads * vectors;
  int64_t extras = 0;
  for (int64_t i = 0; i < count; ++i) extras += has_rest(weights + i * lanes * 4, lanes) ? 1 : 0;
  // An extra costs about as much as a vector of quads in form split, and form words about 1.3 times that for all of them.
  if (10 * extras > 3 * count) {
    header.words = 1;
    widen(lanes, count, weights);
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
