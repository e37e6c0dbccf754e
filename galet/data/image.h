// 8-bit images as decoders give them and networks' preprocessing takes them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace galet::data {

/// Interleaved rows from top to bottom: pixels[(y * width + x) * channels + channel]. Three channels are R, G, B.
struct Image {
  int width = 0, height = 0, channels = 3;
  std::vector<uint8_t> pixels;

  Image() = default;
  Image(int w, int h, int c)
      : width(w), height(h), channels(c), pixels(static_cast<size_t>(w) * static_cast<size_t>(h) * static_cast<size_t>(c)) {}
  const uint8_t* at(int x, int y) const { return pixels.data() + index(x, y); }
  uint8_t* at(int x, int y) { return pixels.data() + index(x, y); }
  bool operator==(const Image&) const = default;

 private:
  size_t index(int x, int y) const {
    return (static_cast<size_t>(y) * static_cast<size_t>(width) + static_cast<size_t>(x)) * static_cast<size_t>(channels);
  }
};

}  // namespace galet::data
