#include "galet/data/augment.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "galet/core/error.h"
#include "galet/data/resize.h"

namespace galet::data {
namespace {

double number(std::string_view word, std::string_view value, double low, double high) {
  double result = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), result);
  if (error != std::errc() || end != value.data() + value.size() || !(result >= low && result <= high))
    fail("augmentation {}={}: expected a number from {} to {}", word, value, low, high);
  return result;
}

int whole(std::string_view word, std::string_view value) {
  const double result = number(word, value, 1, 4096);
  if (result != std::floor(result)) fail("augmentation {}={}: expected a whole number", word, value);
  return static_cast<int>(result);
}

Image cut(const Image& src, int x, int y, int width, int height) {
  Image dst(width, height, src.channels);
  for (int row = 0; row < height; ++row)
    std::copy_n(src.at(x, y + row), static_cast<size_t>(width) * static_cast<size_t>(src.channels), dst.at(0, row));
  return dst;
}

/// torchvision's RandomResizedCrop: ten tries, then the largest centred cut.
Image random_resized(const Image& src, double scale, Random& random) {
  const double area = static_cast<double>(src.width) * src.height;
  for (int i = 0; i < 10; ++i) {
    const double part = area * random.uniform(scale, 1), ratio = std::exp(random.uniform(std::log(3. / 4), std::log(4. / 3)));
    const int w = static_cast<int>(std::lround(std::sqrt(part * ratio))), h = static_cast<int>(std::lround(std::sqrt(part / ratio)));
    if (w < 1 || h < 1 || w > src.width || h > src.height) continue;
    const int x = static_cast<int>(random.below(static_cast<uint64_t>(src.width - w + 1)));
    const int y = static_cast<int>(random.below(static_cast<uint64_t>(src.height - h + 1)));
    return resize_bilinear(cut(src, x, y, w, h), src.width, src.height);
  }
  return src;
}

/// The image moved by (dx, dy); what comes in from outside is black or mirrored.
Image shifted(const Image& src, int dx, int dy, bool reflect) {
  Image dst(src.width, src.height, src.channels);
  auto mirrored = [](int v, int extent) {
    if (extent == 1) return 0;
    const int period = 2 * (extent - 1), p = ((v % period) + period) % period;
    return p < extent ? p : period - p;
  };
  const auto channels = static_cast<size_t>(src.channels);
  for (int y = 0; y < src.height; ++y) {
    const int from_y = reflect ? mirrored(y + dy, src.height) : y + dy;
    if (from_y < 0 || from_y >= src.height) continue;
    if (!reflect) {
      const int first = std::max(0, -dx), last = std::min(src.width, src.width - dx);
      if (last > first) std::copy_n(src.at(first + dx, from_y), static_cast<size_t>(last - first) * channels, dst.at(first, y));
      continue;
    }
    for (int x = 0; x < src.width; ++x) std::copy_n(src.at(mirrored(x + dx, src.width), from_y), channels, dst.at(x, y));
  }
  return dst;
}

void mirror(Image& image) {
  const auto channels = static_cast<size_t>(image.channels);
  for (int y = 0; y < image.height; ++y)
    for (int x = 0; x < image.width / 2; ++x) std::swap_ranges(image.at(x, y), image.at(x, y) + channels, image.at(image.width - 1 - x, y));
}

Image turned(const Image& src) {
  Image dst(src.height, src.width, src.channels);
  for (int y = 0; y < dst.height; ++y)
    for (int x = 0; x < dst.width; ++x) std::copy_n(src.at(y, src.height - 1 - x), static_cast<size_t>(src.channels), dst.at(x, y));
  return dst;
}

uint8_t byte(double value) { return static_cast<uint8_t>(std::clamp(value, 0., 255.) + 0.5); }

/// Brightness scales all, contrast the distance from the mean grey, saturation the distance from the pixel's own grey.
void recolour(Image& image, double strength, Random& random) {
  const double brightness = random.uniform(1 - strength, 1 + strength), contrast = random.uniform(1 - strength, 1 + strength),
               saturation = random.uniform(1 - strength, 1 + strength);
  const auto channels = static_cast<size_t>(image.channels);
  auto grey = [&](const uint8_t* p) { return channels == 3 ? 0.299 * p[0] + 0.587 * p[1] + 0.114 * p[2] : 1. * p[0]; };
  double mean = 0;
  for (size_t i = 0; i < image.pixels.size(); i += channels) mean += grey(&image.pixels[i]);
  mean *= brightness / static_cast<double>(image.pixels.size() / channels);
  for (size_t i = 0; i < image.pixels.size(); i += channels) {
    uint8_t* p = &image.pixels[i];
    const double own = brightness * grey(p);
    for (size_t c = 0; c < channels; ++c) p[c] = byte(mean + contrast * (own + saturation * (brightness * p[c] - own) - mean));
  }
}

void cut_out(Image& image, int side, Random& random) {
  const int cx = static_cast<int>(random.below(static_cast<uint64_t>(image.width))),
            cy = static_cast<int>(random.below(static_cast<uint64_t>(image.height)));
  for (int y = std::max(0, cy - side / 2); y < std::min(image.height, cy - side / 2 + side); ++y)
    for (int x = std::max(0, cx - side / 2); x < std::min(image.width, cx - side / 2 + side); ++x)
      std::fill_n(image.at(x, y), image.channels, uint8_t{128});
}

}  // namespace

Augmentation parse_augmentation(const std::string& text) {
  Augmentation result;
  if (text.empty() || text == "none") return result;
  for (size_t begin = 0; begin <= text.size();) {
    const size_t end = std::min(text.find(',', begin), text.size());
    const std::string_view item = std::string_view(text).substr(begin, end - begin);
    begin = end + 1;
    const size_t equals = std::min(item.find('='), item.size());
    const std::string_view word = item.substr(0, equals), value = equals < item.size() ? item.substr(equals + 1) : std::string_view();
    const bool bare = equals == item.size();
    if (word == "scale" && !bare)
      result.scale = number(word, value, 0.01, 1);
    else if (word == "crop" && !bare)
      result.crop = whole(word, value);
    else if (word == "colour" && !bare)
      result.colour = number(word, value, 0, 1);
    else if (word == "cutout" && !bare)
      result.cutout = whole(word, value);
    else if (word == "flip" && bare)
      result.flip = true;
    else if (word == "rotate" && bare)
      result.rotate = true;
    else if (word == "reflect" && bare)
      result.reflect = true;
    else
      fail("augmentation \"{}\": expected some of scale=AREA, crop=PIXELS, reflect, flip, rotate, colour=STRENGTH, cutout=SIDE, or none",
           item);
  }
  return result;
}

std::string to_string(const Augmentation& a) {
  std::string text;
  auto add = [&](bool wanted, const std::string& word) {
    if (wanted) text += (text.empty() ? "" : ",") + word;
  };
  add(a.scale > 0, fmt::format("scale={}", a.scale));
  add(a.crop > 0, fmt::format("crop={}", a.crop));
  add(a.reflect, "reflect");
  add(a.flip, "flip");
  add(a.rotate, "rotate");
  add(a.colour > 0, fmt::format("colour={}", a.colour));
  add(a.cutout > 0, fmt::format("cutout={}", a.cutout));
  return text.empty() ? "none" : text;
}

Image augment(const Image& image, const Augmentation& a, Random& random) {
  Image out = a.scale > 0 ? random_resized(image, a.scale, random) : image;
  if (a.crop > 0) {
    const auto range = static_cast<uint64_t>(2 * a.crop + 1);
    const int dx = static_cast<int>(random.below(range)) - a.crop, dy = static_cast<int>(random.below(range)) - a.crop;
    out = shifted(out, dx, dy, a.reflect);
  }
  if (a.flip && random.below(2) == 1) mirror(out);
  if (a.rotate) {
    if (image.width != image.height) fail("augmentation rotate needs square images, these are {}x{}", image.width, image.height);
    for (uint64_t turns = random.below(4); turns > 0; --turns) out = turned(out);
    if (random.below(2) == 1) mirror(out);
  }
  if (a.colour > 0) recolour(out, a.colour, random);
  if (a.cutout > 0) cut_out(out, a.cutout, random);
  return out;
}

}  // namespace galet::data
