// From an image to what a network takes, by the steps of galet/core/preprocessing.h.
#pragma once

#include <array>

#include "galet/core/box.h"
#include "galet/core/preprocessing.h"
#include "galet/core/tensor.h"
#include "galet/data/image.h"

namespace galet::data {

/// Throws Error where a field is out of range: sizes negative or beyond 65536, only one crop side given, unknown order, std zero, mean or
/// std not finite.
void validate(const Preprocessing& preprocessing);

/// The steps for one network, prepared once; run() may be called from many threads.
class Preprocessor {
 public:
  /// The network takes (1, channels, height, width). Throws Error where `preprocessing` is invalid or cannot give that many channels:
  /// rgb and bgr give 3, gray gives 1 or, repeated, 3.
  Preprocessor(const Preprocessing& preprocessing, int64_t channels, int64_t height, int64_t width);

  /// Elements that run() writes.
  int64_t size() const { return channels_ * height_ * width_; }
  /// Writes (channels, height, width). Throws Error where the image does not come out at the network's size and may not be stretched.
  void run(const Image& image, float* dst) const;
  /// The pixels that run() makes floats of: (height, width, 3), or 1 channel for order gray; always red first, whatever the order. What a
  /// Session with SessionOptions::pixels takes.
  Image pixels(const Image& image) const;

 private:
  bool ready(const Image& image) const;
  Image shape(const Image& image) const;

  Preprocessing preprocessing_;
  int64_t channels_, height_, width_;
  std::array<std::array<float, 256>, 3> tables_;  // per channel: code to (code / 255 - mean) / std, each step rounded as torchvision does
};

/// Where preprocessing puts an image's pixels: network = image * scale + shift, along x and along y.
struct Placement {
  float scale_x = 1, scale_y = 1, shift_x = 0, shift_y = 0;
  Box to_network(const Box& box) const;
  Box to_image(const Box& box) const;
};
/// For an image of that size, by the same steps as Preprocessor. Throws Error where the image is empty.
Placement placement(const Preprocessing& preprocessing, int width, int height, int64_t network_width, int64_t network_height);

/// One image to a tensor f32 of (1, channels, height, width).
Tensor preprocess(const Image& image, const Preprocessing& preprocessing, int64_t channels, int64_t height, int64_t width);

}  // namespace galet::data
