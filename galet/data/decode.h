// Compressed images to pixels and back, by the decoders that training pipelines use (libjpeg-turbo, libpng), with the results of Pillow's
// convert("RGB").
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "galet/data/image.h"

namespace galet::data {

/// Images of more pixels are refused, as Pillow does (2 * 89,478,485).
inline constexpr int64_t kMaxPixels = 178956970;

/// JPEG or PNG, told apart by content, to 8-bit RGB. JPEG: baseline or progressive, gray, YCbCr, RGB, CMYK and YCCK. PNG: all colour types;
/// alpha is dropped; 16-bit samples keep their high byte (gray ones too, where Pillow would clip them at 255). EXIF orientation and colour
/// profiles are not applied. Throws Error, naming the image, for anything else and for damaged data.
Image decode_image(std::span<const std::byte> bytes, const std::string& name);
/// The same from a file.
Image decode_image(const std::string& path);

struct ImageSize {
  int width = 0, height = 0;
};
/// Of an image file, from its header. Throws Error as decode_image does.
ImageSize image_size(const std::string& path);

/// PNG bytes of an image of 1 or 3 channels.
std::string encode_png(const Image& image);

}  // namespace galet::data
