#include "galet/data/resize.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

#include "galet/core/error.h"
#include "galet/data/decode.h"

namespace galet::data {
namespace {

constexpr int kPrecision = 22;  // bits of a weight behind the point: 32 less 8 of a sample, less 2 for sign and overshoot

/// For each destination position: the source positions it draws on and their weights.
struct Taps {
  int most = 0;              // weights kept for each destination
  std::vector<int> first;    // (dst)
  std::vector<int> count;    // (dst)
  std::vector<int> weights;  // (dst, most)
};

Taps make_taps(int src, int dst) {
  const double scale = static_cast<double>(src) / dst, widening = std::max(scale, 1.0), support = widening, narrowing = 1.0 / widening;
  Taps taps;
  taps.most = static_cast<int>(std::ceil(support)) * 2 + 1;
  taps.first.resize(static_cast<size_t>(dst));
  taps.count.resize(static_cast<size_t>(dst));
  taps.weights.resize(static_cast<size_t>(dst) * static_cast<size_t>(taps.most));
  std::vector<double> real(static_cast<size_t>(taps.most));
  for (int i = 0; i < dst; ++i) {
    const double center = (i + 0.5) * scale;
    const int first = std::max(static_cast<int>(center - support + 0.5), 0), last = std::min(static_cast<int>(center + support + 0.5), src);
    double sum = 0;
    for (int j = first; j < last; ++j) {
      const double distance = std::abs((j - center + 0.5) * narrowing), weight = distance < 1.0 ? 1.0 - distance : 0.0;
      real[static_cast<size_t>(j - first)] = weight;
      sum += weight;
    }
    taps.first[static_cast<size_t>(i)] = first;
    taps.count[static_cast<size_t>(i)] = last - first;
    int* weights = taps.weights.data() + static_cast<size_t>(i) * static_cast<size_t>(taps.most);
    for (int j = 0; j < last - first; ++j) {
      const double share = sum != 0.0 ? real[static_cast<size_t>(j)] / sum : real[static_cast<size_t>(j)];
      weights[j] = static_cast<int>(0.5 + share * (1 << kPrecision));
    }
  }
  return taps;
}

uint8_t to_byte(int sum) { return static_cast<uint8_t>(std::clamp(sum >> kPrecision, 0, 255)); }

template <int channels>
void resize_row(const uint8_t* src, uint8_t* dst, int width, const Taps& taps) {
  for (int x = 0; x < width; ++x) {
    const uint8_t* from = src + static_cast<ptrdiff_t>(taps.first[static_cast<size_t>(x)]) * channels;
    const int* weights = taps.weights.data() + static_cast<size_t>(x) * static_cast<size_t>(taps.most);
    int sums[channels];
    std::fill_n(sums, channels, 1 << (kPrecision - 1));
    for (int j = 0, n = taps.count[static_cast<size_t>(x)]; j < n; ++j) {
      for (int c = 0; c < channels; ++c) sums[c] += from[j * channels + c] * weights[j];
    }
    for (int c = 0; c < channels; ++c) *dst++ = to_byte(sums[c]);
  }
}

Image resize_width(const Image& image, int width) {
  const Taps taps = make_taps(image.width, width);
  Image out(width, image.height, image.channels);
  for (int y = 0; y < image.height; ++y) {
    image.channels == 1 ? resize_row<1>(image.at(0, y), out.at(0, y), width, taps)
                        : resize_row<3>(image.at(0, y), out.at(0, y), width, taps);
  }
  return out;
}

Image resize_height(const Image& image, int height) {
  const Taps taps = make_taps(image.height, height);
  Image out(image.width, height, image.channels);
  const size_t row = static_cast<size_t>(image.width) * static_cast<size_t>(image.channels);
  std::vector<int> sums(row);
  for (int y = 0; y < height; ++y) {
    std::fill(sums.begin(), sums.end(), 1 << (kPrecision - 1));
    const int* weights = taps.weights.data() + static_cast<size_t>(y) * static_cast<size_t>(taps.most);
    for (int j = 0; j < taps.count[static_cast<size_t>(y)]; ++j) {
      const uint8_t* from = image.at(0, taps.first[static_cast<size_t>(y)] + j);
      const int weight = weights[j];
      for (size_t i = 0; i < row; ++i) sums[i] += from[i] * weight;
    }
    uint8_t* to = out.at(0, y);
    for (size_t i = 0; i < row; ++i) to[i] = to_byte(sums[i]);
  }
  return out;
}

/// Half of a difference, rounded half to even, as Python's round does.
int half_even(int twice) {
  const int down = twice >> 1;
  return (twice & 1) != 0 && (down & 1) != 0 ? down + 1 : down;
}

/// Which pass Pillow 13 runs first, found by comparing 1,400 resizes of it with both orders.
bool height_first(const Image& image, int width, int height) {
  return height < image.height && image.height - height > 2 * (image.width - width);
}

void check_size(int width, int height) {
  if (width <= 0 || height <= 0) fail("cannot make an image of {}x{} pixels", width, height);
  if (width > kMaxPixels / height) fail("cannot make an image of {}x{} pixels, at most {} are allowed", width, height, kMaxPixels);
}

}  // namespace

Image resize_bilinear(const Image& image, int width, int height) {
  check_size(width, height);
  check_size(image.width, image.height);
  if (image.channels != 1 && image.channels != 3) fail("cannot resize an image of {} channels, expected 1 or 3", image.channels);
  if (width == image.width && height == image.height) return image;
  if (width == image.width) return resize_height(image, height);
  if (height == image.height) return resize_width(image, width);
  if (height_first(image, width, height)) return resize_width(resize_height(image, height), width);
  if (width > kMaxPixels / image.height)
    fail("cannot resize {}x{} pixels to {}x{}: what lies between is too large", image.width, image.height, width, height);
  return resize_height(resize_width(image, width), height);
}

std::pair<int, int> short_side_size(int width, int height, int side) {
  const int shorter = std::min(width, height), longer = std::max(width, height);
  if (shorter <= 0 || side <= 0) fail("cannot resize {}x{} pixels to a short side of {}", width, height, side);
  const int64_t other = static_cast<int64_t>(side) * longer / shorter;
  if (other * side > kMaxPixels)
    fail("an image of {}x{} pixels with its short side resized to {} has more than {} pixels", width, height, side, kMaxPixels);
  return width <= height ? std::pair(side, static_cast<int>(other)) : std::pair(static_cast<int>(other), side);
}

std::pair<int, int> center_crop_offset(int image_width, int image_height, int width, int height) {
  // Padding comes first and makes the image at least as large as the crop; then the crop's offset is rounded.
  const auto offset = [](int inside, int crop) { return crop > inside ? -((crop - inside) / 2) : half_even(inside - crop); };
  return {offset(image_width, width), offset(image_height, height)};
}

Image center_crop(const Image& image, int width, int height) {
  check_size(width, height);
  if (width == image.width && height == image.height) return image;
  const auto [left, top] = center_crop_offset(image.width, image.height, width, height);
  Image out(width, height, image.channels);
  const int begin = std::max(left, 0), end = std::min(left + width, image.width);
  for (int y = 0; y < height; ++y) {
    const int from = top + y;
    if (from < 0 || from >= image.height) continue;
    std::memcpy(out.at(begin - left, y), image.at(begin, from), static_cast<size_t>(end - begin) * static_cast<size_t>(image.channels));
  }
  return out;
}

Image to_gray(const Image& image) {
  if (image.channels == 1) return image;
  Image gray(image.width, image.height, 1);
  const uint8_t* src = image.pixels.data();
  for (uint8_t& v : gray.pixels) {
    v = static_cast<uint8_t>((src[0] * 19595u + src[1] * 38470u + src[2] * 7471u + 0x8000u) >> 16);
    src += 3;
  }
  return gray;
}

}  // namespace galet::data
