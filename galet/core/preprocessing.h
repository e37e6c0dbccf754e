// What happens to an image before a network sees it. It belongs to the model: carried by the graph, stored in every file that galet writes.
#pragma once

#include <array>
#include <string>

namespace galet {

/// Steps in order: decode to 8 bit RGB; resize the short side to `resize` (0: none) by Pillow's antialiased bilinear; centre-crop to
/// crop_height x crop_width (0: none); value / 255; channel order; (value - mean) / std per channel. An image that is then not of the
/// network's size is an Error, unless `letterbox`: then it is resized to fit inside, keeping its aspect ratio, and centred on pixels of
/// code `fill`; or else unless `stretch`: then it is resized to the network's size without keeping the aspect ratio.
struct Preprocessing {
  int resize = 0;
  int crop_height = 0, crop_width = 0;
  bool stretch = true;
  std::string order = "rgb";  // "rgb", "bgr" or "gray"
  std::array<float, 3> mean{0.485f, 0.456f, 0.406f};
  std::array<float, 3> std{0.229f, 0.224f, 0.225f};
  bool assumed = true;  // nobody gave it: ImageNet's usual values
  bool letterbox = false;
  int fill = 114;  // 0..255, every channel
  bool operator==(const Preprocessing&) const = default;
};

}  // namespace galet
