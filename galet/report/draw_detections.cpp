#include "galet/report/draw_detections.h"

#include <algorithm>
#include <cmath>

#include "galet/core/error.h"
#include "galet/report/canvas.h"

namespace galet::report {
namespace {

constexpr int kShortSide = 320;
constexpr Colour kInks[] = {{230, 25, 75},  {60, 180, 75}, {0, 110, 220},  {245, 130, 48}, {145, 30, 180}, {0, 150, 150},
                            {240, 50, 230}, {120, 160, 0}, {170, 110, 40}, {128, 0, 0},    {80, 80, 200},  {250, 190, 0}};

/// Three channels, each pixel `factor` times as large.
data::Image enlarged(const data::Image& image, int factor) {
  data::Image out(image.width * factor, image.height * factor, 3);
  for (int y = 0; y < out.height; ++y)
    for (int x = 0; x < out.width; ++x) {
      const uint8_t* from = image.at(x / factor, y / factor);
      uint8_t* to = out.at(x, y);
      for (int c = 0; c < 3; ++c) to[c] = from[image.channels == 3 ? c : 0];
    }
  return out;
}

Colour letters_on(Colour paper) {
  return 0.299 * paper.r + 0.587 * paper.g + 0.114 * paper.b > 150 ? Colour{0, 0, 0} : Colour{255, 255, 255};
}

struct Tag {
  double left, top, right, bottom;
  bool meets(const Tag& o) const { return left < o.right && o.left < right && top < o.bottom && o.top < bottom; }
};

class Drawing {
 public:
  Drawing(Canvas& canvas, double scale)
      : canvas_(canvas),
        scale_(scale),
        size_(std::max(9.0, std::min(canvas.width(), canvas.height()) / 45.0)),
        line_(std::max(2.0, size_ / 5)) {}

  void frame(const Detection& one) const {
    const Colour ink = ink_of(one.label);
    const Box b = scaled(one.box);
    const double left = b.left, top = b.top, right = b.right, bottom = b.bottom;
    const Spot corners[] = {{left, top}, {right, top}, {right, bottom}, {left, bottom}, {left, top}};
    canvas_.polyline(corners, line_ + 2, letters_on(ink));  // an edge, so that it shows on its own colour
    canvas_.polyline(corners, line_, ink);
  }

  void tag(const Detection& one, const std::string& name) {
    const Colour ink = ink_of(one.label);
    const std::string text = fitted(fmt::format("{} {:.0f} %", name, 100 * one.score), size_, canvas_.width() - size_);
    const double width = text_width(text, size_) + size_, height = size_ * 1.9;
    const Tag place = free_place(scaled(one.box), width, height);
    tags_.push_back(place);
    canvas_.rectangle(place.left, place.top, place.right, place.bottom, ink);
    canvas_.text(place.left + size_ / 2, place.top + size_ * 1.4, text, size_, letters_on(ink));
  }

 private:
  static Colour ink_of(int label) { return kInks[static_cast<size_t>(label) % std::size(kInks)]; }
  Box scaled(const Box& b) const {
    const auto k = static_cast<float>(scale_);
    return {b.left * k, b.top * k, b.right * k, b.bottom * k};
  }
  Tag inside(double left, double top, double width, double height) const {
    left = std::clamp(left, 0.0, std::max(0.0, canvas_.width() - width));
    top = std::clamp(top, 0.0, std::max(0.0, canvas_.height() - height));
    return {left, top, left + width, top + height};
  }
  /// Above the box, below it, inside it, then lower and lower; where all is taken, above it.
  Tag free_place(const Box& box, double width, double height) const {
    std::vector<Tag> places{inside(box.left, box.top - height, width, height), inside(box.left, box.bottom, width, height),
                            inside(box.left, box.top, width, height), inside(box.right - width, box.top, width, height)};
    for (int i = 1; i < 8; ++i) places.push_back(inside(box.left, box.top + i * height, width, height));
    for (const Tag& place : places)
      if (std::none_of(tags_.begin(), tags_.end(), [&](const Tag& other) { return place.meets(other); })) return place;
    return places[0];
  }

  Canvas& canvas_;
  double scale_, size_, line_;
  std::vector<Tag> tags_;
};

}  // namespace

data::Image draw_detections(const data::Image& image, std::span<const Detection> found, const std::vector<std::string>& names) {
  if (image.width < 1 || image.height < 1) fail("an empty image cannot be drawn on");
  const int factor = (kShortSide + std::min(image.width, image.height) - 1) / std::min(image.width, image.height);
  Canvas canvas(enlarged(image, std::min(factor, 40)));
  Drawing drawing(canvas, std::min(factor, 40));
  std::vector<const Detection*> order;
  for (const Detection& one : found) order.push_back(&one);
  std::stable_sort(order.begin(), order.end(), [](const Detection* a, const Detection* b) { return a->score > b->score; });
  for (auto it = order.rbegin(); it != order.rend(); ++it) drawing.frame(**it);
  for (const Detection* one : order) {
    const auto label = static_cast<size_t>(one->label);
    drawing.tag(*one, one->label >= 0 && label < names.size() ? names[label] : std::to_string(one->label));
  }
  return canvas.image();
}

}  // namespace galet::report
