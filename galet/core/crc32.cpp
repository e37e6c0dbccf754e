#include "galet/core/crc32.h"

#include <array>

namespace galet {
namespace {

using Tables = std::array<std::array<uint32_t, 256>, 8>;

/// tables[k][b]: the checksum's change by byte b that k more bytes follow.
constexpr Tables make_tables() {
  Tables tables{};
  for (uint32_t b = 0; b < 256; ++b) {
    uint32_t c = b;
    for (int bit = 0; bit < 8; ++bit) c = (c & 1) != 0 ? 0xedb88320u ^ (c >> 1) : c >> 1;
    tables[0][b] = c;
  }
  for (size_t k = 1; k < 8; ++k)
    for (size_t b = 0; b < 256; ++b) tables[k][b] = (tables[k - 1][b] >> 8) ^ tables[0][tables[k - 1][b] & 255];
  return tables;
}

constexpr Tables kTables = make_tables();

}  // namespace

uint32_t crc32(std::span<const std::byte> bytes) {
  uint32_t c = 0xffffffffu;
  const auto* p = reinterpret_cast<const unsigned char*>(bytes.data());
  size_t left = bytes.size();
  for (; left >= 8; left -= 8, p += 8) {
    c ^= p[0] | uint32_t{p[1]} << 8 | uint32_t{p[2]} << 16 | uint32_t{p[3]} << 24;
    c = kTables[7][c & 255] ^ kTables[6][(c >> 8) & 255] ^ kTables[5][(c >> 16) & 255] ^ kTables[4][c >> 24] ^ kTables[3][p[4]] ^
        kTables[2][p[5]] ^ kTables[1][p[6]] ^ kTables[0][p[7]];
  }
  for (; left > 0; --left, ++p) c = kTables[0][(c ^ *p) & 255] ^ (c >> 8);
  return ~c;
}

}  // namespace galet
