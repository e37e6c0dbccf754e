#include "galet/package/checksum.h"

#include <bit>
#include <cstring>

namespace galet::package {
namespace {

constexpr uint64_t kP1 = 0x9e3779b97f4a7c15u, kP2 = 0xbf58476d1ce4e5b9u, kP3 = 0x94d049bb133111ebu;

uint64_t word_at(const std::byte* p) {
  uint64_t word;
  std::memcpy(&word, p, 8);
  if constexpr (std::endian::native == std::endian::big) word = __builtin_bswap64(word);
  return word;
}

uint64_t mix(uint64_t lane, uint64_t word) { return std::rotl(lane + word * kP1, 31) * kP2; }

}  // namespace

uint64_t checksum(std::span<const std::byte> bytes) {
  uint64_t lanes[4] = {kP1, kP2, kP3, kP1 ^ kP3};
  const std::byte* p = bytes.data();
  size_t left = bytes.size();
  for (; left >= 32; left -= 32, p += 32)
    for (size_t i = 0; i < 4; ++i) lanes[i] = mix(lanes[i], word_at(p + 8 * i));
  std::byte tail[32] = {};
  if (left > 0) std::memcpy(tail, p, left);
  for (size_t i = 0; i < 4; ++i) lanes[i] = mix(lanes[i], word_at(tail + 8 * i));
  uint64_t sum = bytes.size() * kP3;
  for (const uint64_t lane : lanes) {
    sum = mix(sum ^ lane, lane >> 29);
    sum ^= sum >> 32;
  }
  return sum;
}

}  // namespace galet::package
