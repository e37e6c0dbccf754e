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

/// Where a change puts a point: x' = x * scale_x + y * turn_x + shift_x, likewise y'.
struct Move {
  double scale_x = 1, turn_x = 0, shift_x = 0, turn_y = 0, scale_y = 1, shift_y = 0;
};

/// Objects on their way through several changes: what was cut off once does not come back.
class Followers {
 public:
  explicit Followers(std::vector<Annotation>* objects) : objects_(objects) {
    if (objects != nullptr) whole_ = *objects;
  }

  void move(const Move& by, const Image& image) {
    if (objects_ == nullptr) return;
    for (size_t i = 0; i < whole_.size(); ++i) {
      whole_[i].box = moved(whole_[i].box, by), whole_[i].area *= static_cast<float>(growth(by));
      (*objects_)[i].box = cut_box(moved((*objects_)[i].box, by), image.width, image.height);
    }
  }
  void finish(const Image& image) {
    if (objects_ == nullptr) return;
    std::vector<Annotation> kept;
    for (size_t i = 0; i < whole_.size(); ++i) {
      Annotation object = whole_[i];
      object.box = cut_box((*objects_)[i].box, image.width, image.height);
      if (is_left(object, whole_[i].box)) kept.push_back(object);
    }
    *objects_ = std::move(kept);
  }

  static Box cut_box(const Box& b, int width, int height) {
    const auto w = static_cast<float>(width), h = static_cast<float>(height);
    return {std::clamp(b.left, 0.f, w), std::clamp(b.top, 0.f, h), std::clamp(b.right, 0.f, w), std::clamp(b.bottom, 0.f, h)};
  }
  /// Whether enough is left of an object; its area shrinks as its box did.
  static bool is_left(Annotation& object, const Box& before) {
    if (!(object.box.area() > 0)) return false;
    object.area *= object.box.area() / before.area();
    return object.crowd || object.box.area() >= kVisible * before.area();
  }

 private:
  static double growth(const Move& by) { return std::fabs(by.scale_x * by.scale_y - by.turn_x * by.turn_y); }
  static Box moved(const Box& b, const Move& by) {
    const auto x = [&](double u, double v) { return static_cast<float>(u * by.scale_x + v * by.turn_x + by.shift_x); };
    const auto y = [&](double u, double v) { return static_cast<float>(u * by.turn_y + v * by.scale_y + by.shift_y); };
    const double left = static_cast<double>(b.left), top = static_cast<double>(b.top), right = static_cast<double>(b.right),
                 bottom = static_cast<double>(b.bottom);
    const float x0 = x(left, top), x1 = x(right, bottom), y0 = y(left, top), y1 = y(right, bottom);
    return {std::min(x0, x1), std::min(y0, y1), std::max(x0, x1), std::max(y0, y1)};
  }

  std::vector<Annotation>* objects_;
  std::vector<Annotation> whole_;
};

/// The whole image at another size, seen through a window of the old one.
Image zoomed(const Image& src, double zoom, int fill, Random& random, Move& move) {
  const double factor = random.uniform(1 - zoom, 1 + zoom);
  const int w = std::max(1, static_cast<int>(std::lround(src.width * factor))),
            h = std::max(1, static_cast<int>(std::lround(src.height * factor)));
  // Left and top of the resized image in the window, anywhere between touching one border and touching the other.
  const auto place = [&](int inner, int outer) {
    const int room = outer - inner;
    const auto drawn = static_cast<int>(random.below(static_cast<uint64_t>(std::abs(room)) + 1));
    return room >= 0 ? drawn : -drawn;
  };
  const int left = place(w, src.width), top = place(h, src.height);
  const double scale_x = static_cast<double>(w) / src.width, scale_y = static_cast<double>(h) / src.height;
  move = {.scale_x = scale_x, .shift_x = 1. * left, .scale_y = scale_y, .shift_y = 1. * top};
  const Image whole = resize_bilinear(src, w, h);
  Image dst(src.width, src.height, src.channels);
  std::fill(dst.pixels.begin(), dst.pixels.end(), static_cast<uint8_t>(fill));
  const int from_x = std::max(0, -left), to_x = std::max(0, left), columns = std::min(w - from_x, src.width - to_x);
  for (int y = std::max(0, top); y < std::min(src.height, top + h); ++y)
    std::copy_n(whole.at(from_x, y - top), columns * src.channels, dst.at(to_x, y));
  return dst;
}

/// torchvision's RandomResizedCrop: ten tries, then the largest centred cut.
Image random_resized(const Image& src, double scale, Random& random, Move& move) {
  const double area = static_cast<double>(src.width) * src.height;
  for (int i = 0; i < 10; ++i) {
    const double part = area * random.uniform(scale, 1), ratio = std::exp(random.uniform(std::log(3. / 4), std::log(4. / 3)));
    const int w = static_cast<int>(std::lround(std::sqrt(part * ratio))), h = static_cast<int>(std::lround(std::sqrt(part / ratio)));
    if (w < 1 || h < 1 || w > src.width || h > src.height) continue;
    const int x = static_cast<int>(random.below(static_cast<uint64_t>(src.width - w + 1)));
    const int y = static_cast<int>(random.below(static_cast<uint64_t>(src.height - h + 1)));
    const double kx = static_cast<double>(src.width) / w, ky = static_cast<double>(src.height) / h;
    move = {.scale_x = kx, .shift_x = -x * kx, .scale_y = ky, .shift_y = -y * ky};
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
    if (word == "zoom" && !bare)
      result.zoom = number(word, value, 0, 0.9);
    else if (word == "scale" && !bare)
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
      fail(
          "augmentation \"{}\": expected some of zoom=SHARE, scale=AREA, crop=PIXELS, reflect, flip, rotate, colour=STRENGTH, cutout=SIDE, "
          "or none",
          item);
  }
  return result;
}

std::string to_string(const Augmentation& a) {
  std::string text;
  auto add = [&](bool wanted, const std::string& word) {
    if (wanted) text += (text.empty() ? "" : ",") + word;
  };
  add(a.zoom > 0, fmt::format("zoom={}", a.zoom));
  add(a.scale > 0, fmt::format("scale={}", a.scale));
  add(a.crop > 0, fmt::format("crop={}", a.crop));
  add(a.reflect, "reflect");
  add(a.flip, "flip");
  add(a.rotate, "rotate");
  add(a.colour > 0, fmt::format("colour={}", a.colour));
  add(a.cutout > 0, fmt::format("cutout={}", a.cutout));
  return text.empty() ? "none" : text;
}

namespace {

Image change(const Image& image, std::vector<Annotation>* objects, const Augmentation& a, Random& random) {
  Image out = image;
  Followers followers(objects);
  if (a.zoom > 0) {
    Move move;
    out = zoomed(out, a.zoom, a.fill, random, move);
    followers.move(move, out);
  }
  if (a.scale > 0) {
    Move move;
    out = random_resized(out, a.scale, random, move);
    followers.move(move, out);
  }
  if (a.crop > 0) {
    const auto range = static_cast<uint64_t>(2 * a.crop + 1);
    const int dx = static_cast<int>(random.below(range)) - a.crop, dy = static_cast<int>(random.below(range)) - a.crop;
    out = shifted(out, dx, dy, a.reflect);
    followers.move({.shift_x = -1. * dx, .shift_y = -1. * dy}, out);
  }
  const auto flip = [&] {
    mirror(out);
    followers.move({.scale_x = -1, .shift_x = 1. * out.width}, out);
  };
  if (a.flip && random.below(2) == 1) flip();
  if (a.rotate) {
    if (image.width != image.height) fail("augmentation rotate needs square images, these are {}x{}", image.width, image.height);
    for (uint64_t turns = random.below(4); turns > 0; --turns) {
      out = turned(out);
      followers.move({.scale_x = 0, .turn_x = -1, .shift_x = 1. * out.width, .turn_y = 1, .scale_y = 0}, out);
    }
    if (random.below(2) == 1) flip();
  }
  if (a.colour > 0) recolour(out, a.colour, random);
  if (a.cutout > 0) cut_out(out, a.cutout, random);
  followers.finish(out);
  return out;
}

}  // namespace

void clip_objects(std::vector<Annotation>& objects, int width, int height) {
  std::erase_if(objects, [&](Annotation& object) {
    const Box before = object.box;
    object.box = Followers::cut_box(before, width, height);
    return !Followers::is_left(object, before);
  });
}

Image augment(const Image& image, const Augmentation& a, Random& random) { return change(image, nullptr, a, random); }

Image augment(const Image& image, std::vector<Annotation>& objects, const Augmentation& a, Random& random) {
  return change(image, &objects, a, random);
}

}  // namespace galet::data
