// tidewrack: litter on water, a synthetic data set that needs no download. Every picture is a function of (seed, split, index) alone: a
// class, its shape and material, a pose, water with waves, glare and foam, light and white balance, flotsam, blur and sensor noise. Only +,
// -, *, / and sqrt in binary32 are used (no libm), so the bytes are the same on every machine that follows IEEE 754.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "galet/data/dataset.h"
#include "galet/data/image.h"

namespace galet::data {

enum class Split : uint8_t { train, test };

inline constexpr std::array<std::string_view, 10> kTidewrackClasses{"bottle", "can", "bag",  "cup",    "straw",
                                                                    "lid",    "net", "rope", "carton", "foam"};

/// Class of a picture: every run of ten pictures that starts at a multiple of ten holds each class once, in shuffled order.
int tidewrack_label(uint64_t seed, Split split, int64_t index);

/// One picture, RGB, size x size (8..4096), with one piece of litter of the class `tidewrack_label` somewhere near the middle.
Image render_tidewrack(uint64_t seed, Split split, int64_t index, int size = 32);

/// A wider view of the water with several pieces of litter and flotsam between them.
struct TidewrackScene {
  Image image;
  std::vector<Annotation> objects;  // classes as above; the box is what a piece covers, its area that of the box
};

/// One scene, RGB, size x size (32..4096), with one to eight pieces that hardly cover one another, a twelfth to a third of the side long.
TidewrackScene render_tidewrack_scene(uint64_t seed, Split split, int64_t index, int size = 256);

}  // namespace galet::data
