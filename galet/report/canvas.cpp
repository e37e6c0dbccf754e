#include "galet/report/canvas.h"

#include <algorithm>
#include <cmath>

#include "galet/core/error.h"
#include "galet/report/stroke_font.h"

namespace galet::report {
namespace {

constexpr double kUnit = 1.0 / 6;  // of the font's grid, of the height of capitals

double distance(double px, double py, Spot a, Spot b) {
  const double dx = b.x - a.x, dy = b.y - a.y, length = dx * dx + dy * dy;
  const double t = length > 0 ? std::clamp(((px - a.x) * dx + (py - a.y) * dy) / length, 0.0, 1.0) : 0;
  return std::hypot(px - a.x - t * dx, py - a.y - t * dy);
}

}  // namespace

Canvas::Canvas(int width, int height, Colour paper) : image_(width, height, 3) {
  for (size_t i = 0; i < image_.pixels.size(); i += 3)
    image_.pixels[i] = paper.r, image_.pixels[i + 1] = paper.g, image_.pixels[i + 2] = paper.b;
}

Canvas::Canvas(data::Image picture) : image_(std::move(picture)) {
  if (image_.channels != 3) fail("a canvas of {} channels, expected 3", image_.channels);
}

void Canvas::blend(int x, int y, double coverage, Colour colour) {
  uint8_t* p = image_.at(x, y);
  const double c = std::clamp(coverage, 0.0, 1.0);
  const uint8_t to[3] = {colour.r, colour.g, colour.b};
  for (int i = 0; i < 3; ++i) p[i] = static_cast<uint8_t>(std::lround(p[i] + c * (to[i] - p[i])));
}

void Canvas::rectangle(double x0, double y0, double x1, double y1, Colour colour) {
  if (x1 < x0) std::swap(x0, x1);
  if (y1 < y0) std::swap(y0, y1);
  const int left = std::max(0, static_cast<int>(std::floor(x0))), right = std::min(width(), static_cast<int>(std::ceil(x1)));
  const int top = std::max(0, static_cast<int>(std::floor(y0))), bottom = std::min(height(), static_cast<int>(std::ceil(y1)));
  for (int y = top; y < bottom; ++y)
    for (int x = left; x < right; ++x) {
      const double w = std::min(x1, x + 1.0) - std::max(x0, double(x)), h = std::min(y1, y + 1.0) - std::max(y0, double(y));
      blend(x, y, w * h, colour);
    }
}

void Canvas::polyline(std::span<const Spot> spots, double line_width, Colour colour) {
  if (spots.empty()) return;
  // One coverage for the whole line: where its pieces meet nothing is drawn twice.
  double x0 = spots[0].x, x1 = x0, y0 = spots[0].y, y1 = y0;
  for (const Spot& s : spots) {
    if (!std::isfinite(s.x) || !std::isfinite(s.y)) return;
    x0 = std::min(x0, s.x), x1 = std::max(x1, s.x), y0 = std::min(y0, s.y), y1 = std::max(y1, s.y);
  }
  const double reach = line_width / 2 + 1;
  const int left = static_cast<int>(std::clamp(std::floor(x0 - reach), 0.0, double(width()))),
            right = static_cast<int>(std::clamp(std::ceil(x1 + reach), 0.0, double(width())));
  const int top = static_cast<int>(std::clamp(std::floor(y0 - reach), 0.0, double(height()))),
            bottom = static_cast<int>(std::clamp(std::ceil(y1 + reach), 0.0, double(height())));
  if (left >= right || top >= bottom) return;
  std::vector<float> cover(static_cast<size_t>(right - left) * static_cast<size_t>(bottom - top), 0);
  for (size_t i = 0; i < std::max<size_t>(1, spots.size() - 1); ++i) {
    const Spot a = spots[i], b = spots[std::min(i + 1, spots.size() - 1)];
    const int l = std::max(left, static_cast<int>(std::floor(std::min(a.x, b.x) - reach))),
              r = std::min(right, static_cast<int>(std::ceil(std::max(a.x, b.x) + reach)));
    const int t = std::max(top, static_cast<int>(std::floor(std::min(a.y, b.y) - reach))),
              d = std::min(bottom, static_cast<int>(std::ceil(std::max(a.y, b.y) + reach)));
    for (int y = t; y < d; ++y)
      for (int x = l; x < r; ++x) {
        const double c = std::clamp(line_width / 2 + 0.5 - distance(x + 0.5, y + 0.5, a, b), 0.0, 1.0) * std::min(1.0, line_width);
        float& most = cover[static_cast<size_t>(y - top) * static_cast<size_t>(right - left) + static_cast<size_t>(x - left)];
        most = std::max(most, static_cast<float>(c));
      }
  }
  for (int y = top; y < bottom; ++y)
    for (int x = left; x < right; ++x)
      if (const float c = cover[static_cast<size_t>(y - top) * static_cast<size_t>(right - left) + static_cast<size_t>(x - left)]; c > 0)
        blend(x, y, static_cast<double>(c), colour);
}

void Canvas::line(Spot a, Spot b, double line_width, Colour colour) {
  const Spot ends[2] = {a, b};
  polyline(ends, line_width, colour);
}

void Canvas::dashed(Spot a, Spot b, double line_width, double dash, Colour colour) {
  const double length = std::hypot(b.x - a.x, b.y - a.y);
  for (double at = 0; at < length; at += 2 * dash) {
    const double from = at / length, to = std::min(1.0, (at + dash) / length);
    line({a.x + from * (b.x - a.x), a.y + from * (b.y - a.y)}, {a.x + to * (b.x - a.x), a.y + to * (b.y - a.y)}, line_width, colour);
  }
}

void Canvas::disc(Spot centre, double radius, Colour colour) { line(centre, centre, 2 * radius, colour); }

void Canvas::text(double x, double y, const std::string& utf8, double size, Colour colour, Align align) {
  if (align != Align::left) x -= text_width(utf8, size) * (align == Align::centre ? 0.5 : 1.0);
  const double unit = size * kUnit;
  for (const Glyph* glyph : glyphs_of(utf8)) {
    for (const std::vector<Spot>& stroke : glyph->strokes) {
      std::vector<Spot> spots;
      for (const Spot& s : stroke) spots.push_back({x + s.x * unit, y + (s.y - 6) * unit});
      polyline(spots, std::max(1.0, size * 0.125), colour);
    }
    x += glyph->advance * unit;
  }
}

void Canvas::text_upwards(double x, double y, const std::string& utf8, double size, Colour colour) {
  const double unit = size * kUnit;
  double along = y + text_width(utf8, size) / 2;
  for (const Glyph* glyph : glyphs_of(utf8)) {
    for (const std::vector<Spot>& stroke : glyph->strokes) {
      std::vector<Spot> spots;
      for (const Spot& s : stroke) spots.push_back({x + (s.y - 6) * unit, along - s.x * unit});
      polyline(spots, std::max(1.0, size * 0.125), colour);
    }
    along -= glyph->advance * unit;
  }
}

double text_width(const std::string& utf8, double size) {
  double width = 0;
  for (const Glyph* glyph : glyphs_of(utf8)) width += glyph->advance;
  return std::max(0.0, width - kGlyphSpace) * size * kUnit;
}

std::string fitted(const std::string& utf8, double size, double width) {
  if (text_width(utf8, size) <= width) return utf8;
  std::vector<std::string> letters;
  for (const char c : utf8)
    (static_cast<unsigned char>(c) & 0xC0) == 0x80 && !letters.empty() ? void(letters.back() += c) : letters.push_back({c});
  for (size_t keep = letters.size(); keep > 2; --keep) {
    std::string text;
    for (size_t i = 0; i < keep / 2; ++i) text += letters[i];
    text += "...";
    for (size_t i = letters.size() - (keep - keep / 2); i < letters.size(); ++i) text += letters[i];
    if (text_width(text, size) <= width) return text;
  }
  return "...";
}

}  // namespace galet::report
