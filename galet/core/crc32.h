// The checksum of zip files (CRC-32, polynomial 0xedb88320).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace galet {

/// Eight bytes a step ("slicing by 8"), about 2 GB/s.
uint32_t crc32(std::span<const std::byte> bytes);

}  // namespace galet
