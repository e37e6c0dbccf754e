#include "galet/package/packing.h"

#include <algorithm>
#include <array>
#include <bit>

namespace galet::package {

std::vector<int32_t> codebook(const QuantSpec& spec) {
  if (!spec.levels.empty()) return spec.levels;
  std::vector<int32_t> codes(static_cast<size_t>(code_count(spec)));
  for (size_t i = 0; i < codes.size(); ++i) codes[i] = spec.qmin + static_cast<int32_t>(i);
  return codes;
}

int packed_bits(const QuantSpec& spec) {
  if (!is_low_bit(spec)) return 0;
  const int64_t codes = code_count(spec);
  return codes < 1 || codes > 128 ? 0 : std::max(1, static_cast<int>(std::bit_width(static_cast<uint64_t>(codes - 1))));
}

uint64_t packed_bytes(int64_t codes, int bits) { return (static_cast<uint64_t>(codes) * static_cast<uint64_t>(bits) + 7) / 8; }

std::vector<std::byte> pack_codes(const Tensor& codes, const QuantSpec& spec) {
  const auto bits = static_cast<unsigned>(packed_bits(spec));
  const std::vector<int32_t> book = codebook(spec);
  std::array<uint8_t, 256> place{};  // by the byte that holds the code
  for (size_t i = 0; i < book.size(); ++i) place[static_cast<uint8_t>(book[i])] = static_cast<uint8_t>(i);
  std::vector<std::byte> packed(packed_bytes(codes.size(), static_cast<int>(bits)));
  uint32_t window = 0, filled = 0;
  size_t at = 0;
  for (int64_t i = 0; i < codes.size(); ++i) {
    window |= uint32_t{place[static_cast<uint8_t>(codes.bytes()[i])]} << filled;
    for (filled += bits; filled >= 8; filled -= 8, window >>= 8) packed[at++] = static_cast<std::byte>(window & 0xff);
  }
  if (filled > 0) packed[at] = static_cast<std::byte>(window);
  return packed;
}

Tensor unpack_codes(std::span<const std::byte> packed, const Shape& shape, const QuantSpec& spec) {
  const auto bits = static_cast<unsigned>(packed_bits(spec));
  const std::vector<int32_t> book = codebook(spec);
  const int64_t n = count(shape);
  if (packed.size() != packed_bytes(n, static_cast<int>(bits)))
    fail("{} codes of {} bits lie in {} bytes, expected {}", n, bits, packed.size(), packed_bytes(n, static_cast<int>(bits)));
  Tensor codes(spec.storage, shape);
  std::byte* dst = codes.mutable_bytes();
  uint32_t window = 0, filled = 0, mask = (1u << bits) - 1;
  size_t at = 0;
  for (int64_t i = 0; i < n; ++i, window >>= bits, filled -= bits) {
    if (filled < bits) window |= static_cast<uint32_t>(packed[at++]) << filled, filled += 8;
    const uint32_t place = window & mask;
    if (place >= book.size()) fail("code number {} of {}", place, book.size());
    dst[i] = static_cast<std::byte>(book[place]);
  }
  if (window != 0) fail("bits are set after the last code");
  return codes;
}

}  // namespace galet::package
