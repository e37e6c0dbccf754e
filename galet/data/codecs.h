// The two decoders behind decode_image.
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "galet/data/image.h"

namespace galet::data {

Image decode_jpeg(std::span<const std::byte> bytes, const std::string& name);
Image decode_png(std::span<const std::byte> bytes, const std::string& name);

/// Throws Error for an empty image, one beyond kMaxPixels, or one that `byte_count` compressed bytes cannot possibly hold (`most` pixels a
/// byte), so that a damaged header never leads to a large allocation.
void check_extent(int64_t width, int64_t height, size_t byte_count, int64_t most, const std::string& name);

}  // namespace galet::data
