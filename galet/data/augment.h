// Random changes of training images. Each is a function of the image and of the generator it is given, so a run repeats whatever the
// threads.
#pragma once

#include <string>

#include "galet/core/random.h"
#include "galet/data/image.h"

namespace galet::data {

/// In the order of application; zero and false: not at all.
struct Augmentation {
  double scale = 0;      // a cut of [scale, 1] of the area, sides' ratio 3/4 to 4/3, resized back (torchvision's RandomResizedCrop)
  int crop = 0;          // pixels of padding around, out of which the original size is cut
  bool reflect = false;  // that padding mirrors the image instead of being black
  bool flip = false;     // left and right, every second image
  bool rotate = false;   // any of the eight symmetries of the square (images must be square)
  double colour = 0;     // brightness, contrast and saturation each times a factor in [1 - colour, 1 + colour]
  int cutout = 0;        // side of one grey square anywhere (DeVries and Taylor 2017)
  bool any() const { return scale > 0 || crop > 0 || flip || rotate || colour > 0 || cutout > 0; }
  bool operator==(const Augmentation&) const = default;
};

/// "crop=4,flip,colour=0.2"; "none" and "" are none. Throws Error naming the word that is wrong, with those that are known.
Augmentation parse_augmentation(const std::string& text);
std::string to_string(const Augmentation& augmentation);

/// An image of the same size.
Image augment(const Image& image, const Augmentation& augmentation, Random& random);

}  // namespace galet::data
