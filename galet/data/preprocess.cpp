#include "galet/data/preprocess.h"

#include <algorithm>
#include <cmath>

#include "galet/core/error.h"
#include "galet/core/pixels.h"
#include "galet/data/resize.h"

namespace galet::data {

namespace {

/// Where an image lies in its letterbox.
struct Inner {
  int left, top, width, height;
};

Inner letterboxed(int width, int height, int64_t outer_width, int64_t outer_height) {
  const double scale = std::min(static_cast<double>(outer_width) / width, static_cast<double>(outer_height) / height);
  const auto side = [&](int inside, int64_t outside) {
    return static_cast<int>(std::clamp<int64_t>(std::llround(inside * scale), 1, outside));
  };
  const int w = side(width, outer_width), h = side(height, outer_height);
  return {static_cast<int>(outer_width - w) / 2, static_cast<int>(outer_height - h) / 2, w, h};
}

}  // namespace

Box Placement::to_network(const Box& b) const {
  return {b.left * scale_x + shift_x, b.top * scale_y + shift_y, b.right * scale_x + shift_x, b.bottom * scale_y + shift_y};
}

Box Placement::to_image(const Box& b) const {
  return {(b.left - shift_x) / scale_x, (b.top - shift_y) / scale_y, (b.right - shift_x) / scale_x, (b.bottom - shift_y) / scale_y};
}

Placement placement(const Preprocessing& p, int width, int height, int64_t network_width, int64_t network_height) {
  if (width < 1 || height < 1) fail("preprocessing: an image of {}x{} has no place in a network", width, height);
  Placement out;
  const auto scale = [&](int w, int h) {
    const float kx = static_cast<float>(w) / static_cast<float>(width), ky = static_cast<float>(h) / static_cast<float>(height);
    out.scale_x *= kx, out.shift_x *= kx, out.scale_y *= ky, out.shift_y *= ky;
    width = w, height = h;
  };
  if (p.resize > 0) {
    const auto [w, h] = short_side_size(width, height, p.resize);
    scale(w, h);
  }
  if (p.crop_width > 0) {
    const auto [left, top] = center_crop_offset(width, height, p.crop_width, p.crop_height);
    out.shift_x -= static_cast<float>(left), out.shift_y -= static_cast<float>(top);
    width = p.crop_width, height = p.crop_height;
  }
  if (width == network_width && height == network_height) return out;
  if (p.letterbox) {
    const Inner inner = letterboxed(width, height, network_width, network_height);
    scale(inner.width, inner.height);
    out.shift_x += static_cast<float>(inner.left), out.shift_y += static_cast<float>(inner.top);
  } else {
    scale(static_cast<int>(network_width), static_cast<int>(network_height));
  }
  return out;
}

void validate(const Preprocessing& p) {
  constexpr int kMost = 65536;
  if (p.resize < 0 || p.resize > kMost) fail("preprocessing: resize is {}, expected 0 (none) to {}", p.resize, kMost);
  if (p.crop_height < 0 || p.crop_width < 0 || p.crop_height > kMost || p.crop_width > kMost) {
    fail("preprocessing: crop is {}x{}, expected sides of 0 (none) to {}", p.crop_height, p.crop_width, kMost);
  }
  if ((p.crop_height == 0) != (p.crop_width == 0))
    fail("preprocessing: crop is {}x{}, give both sides or none", p.crop_height, p.crop_width);
  if (p.order != "rgb" && p.order != "bgr" && p.order != "gray") fail("preprocessing: order is \"{}\", expected rgb, bgr or gray", p.order);
  if (p.fill < 0 || p.fill > 255) fail("preprocessing: letterboxes are filled with code {}, expected 0 to 255", p.fill);
  for (size_t i = 0; i < 3; ++i) {
    if (!std::isfinite(p.mean[i])) fail("preprocessing: mean of channel {} is {}, expected a finite number", i, p.mean[i]);
    if (!std::isfinite(p.std[i]) || p.std[i] == 0.f)
      fail("preprocessing: std of channel {} is {}, expected a finite number other than 0", i, p.std[i]);
  }
}

Preprocessor::Preprocessor(const Preprocessing& preprocessing, int64_t channels, int64_t height, int64_t width)
    : preprocessing_(preprocessing), channels_(channels), height_(height), width_(width) {
  validate(preprocessing);
  if (height < 1 || width < 1 || height > 65536 || width > 65536)
    fail("preprocessing: the network takes images of {}x{}, expected sides of 1 to 65536", height, width);
  const bool gray = preprocessing.order == "gray";
  if (channels != 3 && !(channels == 1 && gray)) {
    if (channels == 1) fail("preprocessing: the network takes 1 channel, but order {} gives 3; use order gray", preprocessing.order);
    fail("preprocessing: the network takes {} channels, images have 3 (order rgb, bgr) or 1 (order gray)", channels);
  }
  for (size_t c = 0; c < 3; ++c) {
    for (int v = 0; v < 256; ++v) tables_[c][static_cast<size_t>(v)] = pixel_value(preprocessing, c, static_cast<uint8_t>(v));
  }
}

Image Preprocessor::shape(const Image& image) const {
  const Preprocessing& p = preprocessing_;
  Image out = image;
  if (p.resize > 0) {
    const auto [w, h] = short_side_size(out.width, out.height, p.resize);
    out = resize_bilinear(out, w, h);
  }
  if (p.crop_width > 0) out = center_crop(out, p.crop_width, p.crop_height);
  if (out.width == width_ && out.height == height_) return out;
  if (p.letterbox) {
    const Inner inner = letterboxed(out.width, out.height, width_, height_);
    Image whole(static_cast<int>(width_), static_cast<int>(height_), out.channels);
    std::fill(whole.pixels.begin(), whole.pixels.end(), static_cast<uint8_t>(p.fill));
    const Image fitted = inner.width == out.width && inner.height == out.height ? out : resize_bilinear(out, inner.width, inner.height);
    for (int y = 0; y < inner.height; ++y) std::copy_n(fitted.at(0, y), inner.width * out.channels, whole.at(inner.left, inner.top + y));
    return whole;
  }
  if (!p.stretch) {
    fail(
        "the image is {}x{} after preprocessing, the network takes {}x{} (width x height); resize and crop, letterbox, or allow stretching",
        out.width, out.height, width_, height_);
  }
  return resize_bilinear(out, static_cast<int>(width_), static_cast<int>(height_));
}

bool Preprocessor::ready(const Image& image) const {
  if (image.channels != 1 && image.channels != 3) fail("an image of {} channels cannot be preprocessed, expected 1 or 3", image.channels);
  return preprocessing_.resize == 0 && preprocessing_.crop_width == 0 && image.width == width_ && image.height == height_;
}

Image Preprocessor::pixels(const Image& image) const {
  Image out = ready(image) ? image : shape(image);
  if (preprocessing_.order == "gray") return out.channels == 3 ? to_gray(out) : out;
  if (out.channels == 3) return out;
  Image color = out;
  color.channels = 3;
  color.pixels.resize(3 * out.pixels.size());
  for (size_t i = 0; i < color.pixels.size(); ++i) color.pixels[i] = out.pixels[i / 3];
  return color;
}

void Preprocessor::run(const Image& image, float* dst) const {
  const bool as_it_is = ready(image);
  Image shaped;
  if (!as_it_is) shaped = shape(image);
  if (preprocessing_.order == "gray" && image.channels == 3) shaped = to_gray(as_it_is ? image : shaped);
  const Image& src = shaped.pixels.empty() ? image : shaped;
  const size_t plane = src.pixels.size() / static_cast<size_t>(src.channels), step = static_cast<size_t>(src.channels);
  const bool reversed = preprocessing_.order == "bgr";
  for (size_t c = 0; c < static_cast<size_t>(channels_); ++c) {
    const uint8_t* from = src.pixels.data() + (src.channels == 1 ? 0 : reversed ? 2 - c : c);
    const float* table = tables_[c].data();
    for (size_t i = 0; i < plane; ++i) *dst++ = table[from[i * step]];
  }
}

Tensor preprocess(const Image& image, const Preprocessing& preprocessing, int64_t channels, int64_t height, int64_t width) {
  const Preprocessor preprocessor(preprocessing, channels, height, width);
  Tensor tensor(DType::f32, {1, channels, height, width});
  preprocessor.run(image, tensor.mutable_data<float>());
  return tensor;
}

}  // namespace galet::data
