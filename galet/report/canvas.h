// A small antialiased rasteriser: what plots need, no more. Lines have round ends, text is drawn with strokes (stroke_font.h), so a picture
// needs no fonts of the machine and has the same bytes everywhere.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "galet/data/image.h"

namespace galet::report {

struct Colour {
  uint8_t r = 0, g = 0, b = 0;
};

struct Spot {
  double x = 0, y = 0;
};

enum class Align : uint8_t { left, centre, right };

class Canvas {
 public:
  /// Filled with `paper`. Coordinates are pixels from the upper left corner; what lies outside is not drawn.
  Canvas(int width, int height, Colour paper);
  /// On a picture of three channels.
  explicit Canvas(data::Image picture);

  void rectangle(double x0, double y0, double x1, double y1, Colour colour);
  void line(Spot a, Spot b, double width, Colour colour);
  void polyline(std::span<const Spot> spots, double width, Colour colour);
  void dashed(Spot a, Spot b, double width, double dash, Colour colour);
  void disc(Spot centre, double radius, Colour colour);
  /// Capitals are `size` high and stand on y. UTF-8; what the font has not becomes a box.
  void text(double x, double y, const std::string& utf8, double size, Colour colour, Align align = Align::left);
  /// The same from bottom to top, centred on y.
  void text_upwards(double x, double y, const std::string& utf8, double size, Colour colour);

  int width() const { return image_.width; }
  int height() const { return image_.height; }
  const data::Image& image() const { return image_; }

 private:
  void blend(int x, int y, double coverage, Colour colour);

  data::Image image_;
};

double text_width(const std::string& utf8, double size);
/// `utf8`, shortened in the middle with "..." until it is at most `width` wide.
std::string fitted(const std::string& utf8, double size, double width);

}  // namespace galet::report
