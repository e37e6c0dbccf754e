// Geometry of images, equal to Pillow's and torchvision's to the last bit.
#pragma once

#include <utility>

#include "galet/data/image.h"

namespace galet::data {

/// Antialiased bilinear, as Pillow's Image.resize(size, BILINEAR): a triangle filter widened by the shrinking factor, weights in 22-bit
/// fixed point, along x, then, from an 8-bit image in between, along y. Where the height shrinks by more than twice what the width does (or
/// the width grows), y comes first, as in Pillow 13; older ones, which always begin with x, may then differ by 1. Throws Error for an empty
/// result or one beyond kMaxPixels.
Image resize_bilinear(const Image& image, int width, int height);

/// Width and height after torchvision's Resize(side): the short side becomes `side`, the long one int(side * long / short).
std::pair<int, int> short_side_size(int width, int height, int side);

/// torchvision's CenterCrop: offsets round half to even; where the image is smaller it is padded with black.
Image center_crop(const Image& image, int width, int height);
/// Left and top of that crop in the image; negative where it is smaller.
std::pair<int, int> center_crop_offset(int image_width, int image_height, int width, int height);

/// One channel by Pillow's convert("L"): (19595 R + 38470 G + 7471 B + 2^15) >> 16.
Image to_gray(const Image& image);

}  // namespace galet::data
