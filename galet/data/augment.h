// Random changes of training images. Each is a function of the image and of the generator it is given, so a run repeats whatever the
// threads.
#pragma once

#include <string>
#include <vector>

#include "galet/core/random.h"
#include "galet/data/dataset.h"
#include "galet/data/image.h"

namespace galet::data {

/// In the order of application; zero and false: not at all.
struct Augmentation {
  double zoom = 0;   // larger or smaller by a factor of [1 - zoom, 1 + zoom], anywhere; what comes in from outside has the colour `fill`
  double scale = 0;  // a cut of [scale, 1] of the area, sides' ratio 3/4 to 4/3, resized back (torchvision's RandomResizedCrop)
  int crop = 0;      // pixels of padding around, out of which the original size is cut
  bool reflect = false;  // that padding mirrors the image instead of being black
  bool flip = false;     // left and right, every second image
  bool rotate = false;   // any of the eight symmetries of the square (images must be square)
  double colour = 0;     // brightness, contrast and saturation each times a factor in [1 - colour, 1 + colour]
  int cutout = 0;        // side of one grey square anywhere (DeVries and Taylor 2017)
  int fill = 0;          // code of zoom's border: where images have one, that of the letterbox
  bool any() const { return zoom > 0 || scale > 0 || crop > 0 || flip || rotate || colour > 0 || cutout > 0; }
  bool operator==(const Augmentation&) const = default;
};

/// "crop=4,flip,colour=0.2"; "none" and "" are none. Throws Error naming the word that is wrong, with those that are known.
Augmentation parse_augmentation(const std::string& text);
std::string to_string(const Augmentation& augmentation);

/// An image of the same size.
Image augment(const Image& image, const Augmentation& augmentation, Random& random);
/// The same change of the image and of its objects: boxes follow the pixels and are cut at the border; one of which less than kVisible of
/// the area stays is gone (a crowd stays as long as a pixel of it does). Areas follow too. What `cutout` covers stays.
Image augment(const Image& image, std::vector<Annotation>& objects, const Augmentation& augmentation, Random& random);
inline constexpr float kVisible = 0.3f;

/// Cuts boxes at the borders of an image and leaves out those of which less than kVisible stays.
void clip_objects(std::vector<Annotation>& objects, int width, int height);

}  // namespace galet::data
