#include "galet/report/stroke_font.h"

#include <algorithm>
#include <map>
#include <string_view>

namespace galet::report {
namespace {

struct Row {
  std::string_view character, strokes;
};

// A stroke is a list of points "xy"; after '~' it is a smooth curve that begins and ends in its first and last point and is drawn to the
// others like a quadratic B-spline, so that four corners make a round.
constexpr Row kRows[] = {
    {"0", "~20 00 06 46 40 20"},
    {"1", "01 10 16"},
    {"2", "~01 00 40 43 06|06 46"},
    {"3", "~01 00 40 43 23|~23 43 46 06 05"},
    {"4", "30 04 44|30 36"},
    {"5", "40 00 03|~03 02 42 46 06 05"},
    {"6", "~41 40 00 06 46 43 03 04"},
    {"7", "00 40 16"},
    {"8", "~20 00 03 23|~20 40 43 23|~23 03 06 26|~23 43 46 26"},
    {"9", "~05 06 46 40 00 03 43 42"},
    {"A", "06 20 46|14 34"},
    {"B", "06 00 20|~20 40 43 23|03 23|~23 43 46 26|26 06"},
    {"C", "~41 40 00 06 46 45"},
    {"D", "16 06 00 10|~10 40 46 16"},
    {"E", "40 00 06 46|03 33"},
    {"F", "40 00 06|03 33"},
    {"G", "~41 40 00 06 46 43|43 23"},
    {"H", "00 06|40 46|03 43"},
    {"I", "00 06"},
    {"J", "30 34|~34 36 06 04"},
    {"K", "00 06|40 03 46"},
    {"L", "00 06 46"},
    {"M", "06 00 23 40 46"},
    {"N", "06 00 46 40"},
    {"O", "~20 00 06 46 40 20"},
    {"P", "06 00 20|~20 40 43 23|23 03"},
    {"Q", "~20 00 06 46 40 20|24 46"},
    {"R", "06 00 20|~20 40 43 23|23 03|23 46"},
    {"S", "~41 40 00 03 43 46 06 05"},
    {"T", "00 40|20 26"},
    {"U", "00 04|~04 06 46 44|44 40"},
    {"V", "00 26 40"},
    {"W", "00 16 22 36 40"},
    {"X", "00 46|40 06"},
    {"Y", "00 23 40|23 26"},
    {"Z", "00 40 06 46"},
    {"a", "~34 32 02 06 36 34|32 36"},
    {"b", "00 06|~04 02 32 36 06 04"},
    {"c", "~33 32 02 06 36 35"},
    {"d", "30 36|~34 32 02 06 36 34"},
    {"e", "04 34|~34 32 02 06 36 35"},
    {"f", "~20 10 12|12 16|02 22"},
    {"g", "~34 32 02 06 36 34|32 36|~36 38 08 07"},
    {"h", "00 06|~04 02 32 34|34 36"},
    {"i", "02 06|00 00"},
    {"j", "12 16|~16 18 08|10 10"},
    {"k", "00 06|32 04 36"},
    {"l", "00 05|~05 06 16"},
    {"m", "02 06|~04 02 22 24|24 26|~24 22 42 44|44 46"},
    {"n", "02 06|~04 02 32 34|34 36"},
    {"o", "~04 02 32 36 06 04"},
    {"p", "02 08|~04 02 32 36 06 04"},
    {"q", "32 38|~34 32 02 06 36 34"},
    {"r", "02 06|~04 02 22"},
    {"s", "~33 32 02 04 34 36 06 05"},
    {"t", "10 15|~15 16 26|02 22"},
    {"u", "02 04|~04 06 36 34|32 36"},
    {"v", "02 16 22"},
    {"w", "02 16 23 36 42"},
    {"x", "02 36|32 06"},
    {"y", "02 15|22 08"},
    {"z", "02 32 06 36"},
    {" ", ""},
    {".", "06 06"},
    {",", "16 07"},
    {":", "03 03|06 06"},
    {";", "13 13|16 07"},
    {"!", "00 04|06 06"},
    {"?", "~01 00 40 43 23|23 24|26 26"},
    {"-", "04 24"},
    {"+", "04 44|22 26"},
    {"=", "03 43|05 45"},
    {"_", "07 47"},
    {"/", "30 06"},
    {"\\", "00 36"},
    {"|", "00 08"},
    {"(", "~10 01 07 18"},
    {")", "~00 11 17 08"},
    {"[", "10 00 08 18"},
    {"]", "00 10 18 08"},
    {"{", "20 10 13 04 15 18 28"},
    {"}", "00 10 13 24 15 18 08"},
    {"<", "32 04 36"},
    {">", "02 34 06"},
    {"%", "40 06|~10 00 02 22 20 10|~34 24 26 46 44 34"},
    {"*", "21 25|12 34|32 14"},
    {"#", "10 06|40 36|02 42|04 44"},
    {"\"", "00 02|20 22"},
    {"'", "00 02"},
    {"`", "00 11"},
    {"^", "02 20 42"},
    {"~", "~04 12 33 42"},
    {"&", "46 11|~11 10 30 31|31 04|~04 06 26 44"},
    {"@", "~33 32 12 14 34 33|33 34|~34 45 43 40 00 06 36"},
    {"$", "~41 40 00 03 43 46 06 05|20 26"},
    {"\u03c3", "~04 02 32 36 06 04|22 42"},
    {"\u00b5", "02 08|~04 06 36 34|32 36"},
    {"\u00b1", "02 42|20 24|06 46"},
    {"\u00d7", "02 36|32 06"},
    {"\u2212", "04 44"},
    {"\u2013", "04 34"},
    {"\u2026", "06 06|26 26|46 46"},
    {"\ufffd", "00 40 46 06 00"},
};

/// A curve as short straight pieces.
std::vector<Spot> smooth(const std::vector<Spot>& p) {
  if (p.size() < 3) return p;
  constexpr int kPieces = 8;
  std::vector<Spot> spots{p.front()};
  Spot begin = p.front();
  for (size_t i = 1; i + 1 < p.size(); ++i) {
    const Spot end = i + 2 == p.size() ? p.back() : Spot{(p[i].x + p[i + 1].x) / 2, (p[i].y + p[i + 1].y) / 2};
    for (int k = 1; k <= kPieces; ++k) {
      const double t = static_cast<double>(k) / kPieces, a = (1 - t) * (1 - t), b = 2 * t * (1 - t), c = t * t;
      spots.push_back({a * begin.x + b * p[i].x + c * end.x, a * begin.y + b * p[i].y + c * end.y});
    }
    begin = end;
  }
  return spots;
}

Glyph glyph_of(std::string_view strokes) {
  Glyph glyph;
  double right = strokes.empty() ? 1.2 : 0;
  bool curve = false;
  std::vector<Spot> points;
  auto end_stroke = [&] {
    if (!points.empty()) glyph.strokes.push_back(curve ? smooth(points) : points);
    points.clear();
    curve = false;
  };
  for (size_t i = 0; i < strokes.size();) {
    const char c = strokes[i];
    if (c == '~')
      curve = true, ++i;
    else if (c == '|')
      end_stroke(), ++i;
    else if (c == ' ')
      ++i;
    else {
      points.push_back({static_cast<double>(c - '0'), static_cast<double>(strokes[i + 1] - '0')});
      right = std::max(right, points.back().x);
      i += 2;
    }
  }
  end_stroke();
  glyph.advance = right + kGlyphSpace;
  return glyph;
}

const std::map<std::string_view, Glyph>& font() {
  static const std::map<std::string_view, Glyph> glyphs = [] {
    std::map<std::string_view, Glyph> all;
    for (const Row& row : kRows) all.emplace(row.character, glyph_of(row.strokes));
    return all;
  }();
  return glyphs;
}

}  // namespace

std::vector<const Glyph*> glyphs_of(const std::string& utf8) {
  std::vector<const Glyph*> glyphs;
  for (size_t i = 0; i < utf8.size();) {
    size_t n = 1;
    while (i + n < utf8.size() && (static_cast<unsigned char>(utf8[i + n]) & 0xC0) == 0x80) ++n;
    const auto found = font().find(std::string_view(utf8).substr(i, n));
    glyphs.push_back(found != font().end() ? &found->second : &font().at("\ufffd"));
    i += n;
  }
  return glyphs;
}

}  // namespace galet::report
