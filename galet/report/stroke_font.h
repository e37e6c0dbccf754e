// The letters of plots, as strokes.
#pragma once

#include <string>
#include <vector>

#include "galet/report/canvas.h"

namespace galet::report {

/// On a grid of 4 x 8: capitals from y 0 to the base line at 6, small letters from 2, descenders down to 8.
struct Glyph {
  std::vector<std::vector<Spot>> strokes;
  double advance = 0;
};
inline constexpr double kGlyphSpace = 1.5;  // between two letters; part of the advance

/// One a character of the UTF-8 text; a box for those that the font has not.
std::vector<const Glyph*> glyphs_of(const std::string& utf8);

}  // namespace galet::report
