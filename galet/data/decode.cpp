#include "galet/data/decode.h"

#include <algorithm>
#include <array>

#include "galet/core/error.h"
#include "galet/core/file.h"
#include "galet/data/codecs.h"

namespace galet::data {
namespace {

template <size_t N>
bool starts_with(std::span<const std::byte> bytes, const std::array<uint8_t, N>& magic) {
  return bytes.size() >= N &&
         std::equal(magic.begin(), magic.end(), bytes.begin(), [](uint8_t a, std::byte b) { return std::byte{a} == b; });
}

}  // namespace

void check_extent(int64_t width, int64_t height, size_t byte_count, int64_t most, const std::string& name) {
  if (width <= 0 || height <= 0) fail("{}: the image is empty ({}x{})", name, width, height);
  if (width > kMaxPixels / height) fail("{}: the image has {}x{} pixels, at most {} are read", name, width, height, kMaxPixels);
  if (width * height / most > static_cast<int64_t>(byte_count) + 64) {
    fail("{}: the file is damaged: {} bytes cannot hold {}x{} pixels", name, byte_count, width, height);
  }
}

Image decode_image(std::span<const std::byte> bytes, const std::string& name) {
  if (starts_with(bytes, std::array<uint8_t, 3>{0xff, 0xd8, 0xff})) return decode_jpeg(bytes, name);
  if (starts_with(bytes, std::array<uint8_t, 8>{0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'})) return decode_png(bytes, name);
  if (bytes.empty()) fail("{}: the file is empty, expected a JPEG or PNG image", name);
  fail("{}: neither a JPEG nor a PNG image (it starts with byte {:#04x}); convert it to one of these", name,
       static_cast<unsigned>(bytes[0]));
}

Image decode_image(const std::string& path) {
  // Read rather than mapped: a file that shrinks under a mapping would end the process.
  const std::string content = read_file(path);
  return decode_image(std::as_bytes(std::span(content)), path);
}

}  // namespace galet::data
