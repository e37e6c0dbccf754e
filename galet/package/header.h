// The fixed head of a .galet file.
#pragma once

#include <cstdint>

namespace galet::package {

/// Little-endian, 64 bytes. The metadata section follows at byte 64, the data section at the next multiple of 64.
struct Header {
  char magic[8];            // "galet\r\n\x1a": a file mangled as text no longer has it
  uint32_t version;         // 1 to 3
  uint32_t reserved;        // 0
  uint64_t metadata_bytes;  // as stored, deflated
  uint64_t data_bytes;
  uint64_t metadata_checksum;
  uint64_t data_checksum;
  uint64_t inflated_bytes;  // of the metadata
  uint64_t padding;         // 0
};
static_assert(sizeof(Header) == 64);

constexpr char kMagic[8] = {'g', 'a', 'l', 'e', 't', '\r', '\n', '\x1a'};
constexpr uint32_t kVersion = 3;        // encoded tensors
constexpr uint32_t kLowBitVersion = 2;  // codebooks, packed codes
constexpr uint32_t kPlainVersion = 1;   // neither: a file has the lowest version that can hold it, so that older readers know it
constexpr uint64_t kAlignment = 64;
constexpr uint64_t aligned(uint64_t bytes) { return (bytes + kAlignment - 1) / kAlignment * kAlignment; }

}  // namespace galet::package
