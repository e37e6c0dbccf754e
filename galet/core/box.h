// Boxes in images: edges in pixels, from the image's left and top border; a box around the whole of a w x h image is (0, 0, w, h).
#pragma once

#include <algorithm>

namespace galet {

struct Box {
  float left = 0, top = 0, right = 0, bottom = 0;
  float width() const { return right - left; }
  float height() const { return bottom - top; }
  float area() const { return width() * height(); }
  bool operator==(const Box&) const = default;
};

/// Area of what both cover; 0 where they do not meet.
inline float overlap(const Box& a, const Box& b) {
  const float w = std::min(a.right, b.right) - std::max(a.left, b.left), h = std::min(a.bottom, b.bottom) - std::max(a.top, b.top);
  return w > 0.f && h > 0.f ? w * h : 0.f;
}

/// Intersection over union; 0 where the union is empty.
inline float iou(const Box& a, const Box& b) {
  const float both = overlap(a, b), all = a.area() + b.area() - both;
  return all > 0.f ? both / all : 0.f;
}

/// One object that a network found.
struct Detection {
  Box box;
  float score = 0;
  int label = 0;  // of 0 .. classes - 1
  bool operator==(const Detection&) const = default;
};

}  // namespace galet
