// Width and height from a file's header: PNG's IHDR, JPEG's frame header.
#include "galet/core/file.h"
#include "galet/data/decode.h"

namespace galet::data {
namespace {

int big_endian(const std::string& bytes, size_t at, size_t n) {
  uint32_t value = 0;
  for (size_t i = 0; i < n; ++i) value = value << 8 | static_cast<uint8_t>(bytes[at + i]);
  return static_cast<int>(value & 0x7fffffffu);
}

/// Walks the segments up to the frame header (SOF0..SOF15 without DHT, JPG and DAC); 0 x 0 where there is none.
ImageSize jpeg_size(const std::string& bytes) {
  for (size_t at = 2; at + 9 < bytes.size();) {
    if (static_cast<uint8_t>(bytes[at]) != 0xff) return {};
    const auto marker = static_cast<uint8_t>(bytes[at + 1]);
    if (marker == 0xff || marker == 0x01 || (marker >= 0xd0 && marker <= 0xd8)) {
      at += marker == 0xff ? 1 : 2;
      continue;
    }
    if (marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc)
      return {big_endian(bytes, at + 7, 2), big_endian(bytes, at + 5, 2)};
    at += 2 + static_cast<size_t>(big_endian(bytes, at + 2, 2));
  }
  return {};
}

}  // namespace

ImageSize image_size(const std::string& path) {
  const std::string bytes = read_file(path);
  ImageSize size;
  if (bytes.size() > 24 && bytes.starts_with("\x89PNG")) size = {big_endian(bytes, 16, 4), big_endian(bytes, 20, 4)};
  if (bytes.starts_with("\xff\xd8\xff")) size = jpeg_size(bytes);
  if (size.width > 0 && size.height > 0) return size;
  const Image image = decode_image(std::as_bytes(std::span(bytes)), path);  // throws what is wrong with it
  return {image.width, image.height};
}

}  // namespace galet::data
