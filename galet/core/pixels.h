// What a network sees of a pixel: the last steps of preprocessing, which need no neighbours.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "galet/core/preprocessing.h"

namespace galet {

/// Channel `channel` (of the network) of a pixel with that code: (code / 255 - mean) / std, each step rounded to float as torchvision does.
inline float pixel_value(const Preprocessing& p, size_t channel, uint8_t code) {
  return (static_cast<float>(code) / 255.f - p.mean[channel]) / p.std[channel];
}

/// How interleaved pixels become a network's channels.
struct PixelLayout {
  int64_t channels = 3;                  // of a pixel: 3 (red, green, blue) or 1 (gray)
  std::array<int64_t, 3> from{0, 1, 2};  // of which of them each channel of the network is made
};
inline PixelLayout pixel_layout(const Preprocessing& p) {
  if (p.order == "gray") return {1, {0, 0, 0}};
  if (p.order == "bgr") return {3, {2, 1, 0}};
  return {};
}

}  // namespace galet
