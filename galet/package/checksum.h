// The 64-bit checksum of .galet files: finds damage, is no signature.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace galet::package {

/// Four interleaved multiply-rotate lanes over little-endian 64-bit words, the tail padded with zeros, the length mixed in last; about 10
/// GB/s. lane_i = rotl(lane_i + word * p1, 31) * p2 for word number 4k + i; docs/package-format.md gives the constants.
uint64_t checksum(std::span<const std::byte> bytes);

}  // namespace galet::package
