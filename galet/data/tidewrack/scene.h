// A picture in the making: water, things that float on it, foam over them, and the camera that looks at it. Knows no data set: one thing in
// a small picture or twenty in a large one are drawn with the same calls.
#pragma once

#include <vector>

#include "galet/data/image.h"
#include "galet/data/tidewrack/noise.h"
#include "galet/data/tidewrack/part.h"

namespace galet::data::tidewrack {

/// Where and how a thing lies: pixels per unit of its frame (scale), turn, and squeeze across its x.
struct Pose {
  float x = 0, y = 0, scale = 10, turns = 0, squeeze = 1;
  float sunk = 0;       // 0: afloat .. 1: colour is the water's, below the waterline
  float waterline = 2;  // units along the thing's y, beyond which it is sunk
  float shadow = 0.3f;  // darkening of the water beside it
};

/// Inclusive pixel rectangle of what a thing covers (empty where right < left).
struct Box {
  int left = 0, top = 0, right = -1, bottom = -1;
};

/// Light as the camera sees it; drawn once a picture.
struct Weather {
  Light sun;                     // in image coordinates
  Rgb water;                     // its body colour
  float glare = 0, chop = 0.5f;  // highlights; wave height
};
Weather make_weather(Dice& dice);

class Scene {
 public:
  /// Water everywhere. `unit`: pixels that a wave of the usual length spans, so that a larger picture may be a wider view or a closer one.
  Scene(int width, int height, float unit, const Weather& weather, Dice& dice);

  /// Draws over what is there; returns the rectangle it covers.
  Box draw(const std::vector<Part>& parts, const Pose& pose);
  /// Foam in lattice noise's patches; amount 0..1.
  void draw_foam(float amount, Dice& dice);
  /// Spots of sunlight on the water's skin, over everything.
  void draw_glare(Dice& dice);
  /// Blur, white balance, exposure, gamma, noise, 8 bits.
  Image photograph(Dice& dice) const;

 private:
  Rgb& pixel(int x, int y) { return pixels_[static_cast<size_t>(y) * static_cast<size_t>(width_) + static_cast<size_t>(x)]; }

  int width_, height_;
  float unit_;
  Weather weather_;
  std::vector<Rgb> pixels_;
};

}  // namespace galet::data::tidewrack
