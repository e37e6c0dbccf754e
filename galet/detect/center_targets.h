// What CenterNet's heads should say of an image ("Objects as Points", Zhou et al. 2019): a heatmap with a Gaussian around each object's
// centre, and at the centres' places the size of the object and where in the place its centre lies.
#pragma once

#include <span>
#include <vector>

#include "galet/data/dataset.h"

namespace galet::detect {

struct CenterTargets {
  struct Object {
    int64_t place;        // y * w + x
    float width, height;  // in places
    float x, y;           // what the centre lies right of and below its place, in [0, 1)
  };
  std::vector<float> heatmap;  // (classes, h, w): 1 at centres, less around them
  std::vector<Object> objects;
};

/// The radius in places of an object's Gaussian, by the rule of CenterNet's source (which took it from CornerNet's, with the same slip of
/// the quadratic formula: it is some three times the distance by which two corners may be off while the overlap stays 0.7).
double gaussian_radius(double width, double height);

/// `objects` in pixels of the input, inside of it, with labels below `classes`; the map has one place every `stride` pixels. Gaussians have
/// a deviation of (2 r + 1) / 6 and end at r; where several meet the highest counts. A crowd's box is set to kIgnored: nothing is learned
/// there, for its class, but from other objects' centres.
CenterTargets center_targets(std::span<const data::Annotation> objects, int64_t classes, int64_t height, int64_t width, float stride);

/// So near to 1 that (1 - y)^4 leaves nothing of a place's loss, and yet no centre.
inline constexpr float kIgnored = 0.9999f;

}  // namespace galet::detect
