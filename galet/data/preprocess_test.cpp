#include "galet/data/preprocess.h"

#include <doctest/doctest.h>

#include <limits>

#include "galet/data/resize.h"
#include "galet/data/test_files.h"

namespace galet::data {
namespace {

float expected(uint8_t v, float mean, float std) { return (static_cast<float>(v) / 255.f - mean) / std; }

TEST_CASE("preprocess: planes, order, mean and std") {
  const Image image = test_image(6, 4, 3);
  Preprocessing p;
  const Tensor rgb = preprocess(image, p, 3, 4, 6);
  CHECK(rgb.shape() == Shape{1, 3, 4, 6});
  p.order = "bgr";
  const Tensor bgr = preprocess(image, p, 3, 4, 6);
  for (size_t c = 0; c < 3; ++c) {
    const size_t at = c * 24 + 2 * 6 + 5;
    CHECK(rgb.span<float>()[at] == expected(image.at(5, 2)[c], p.mean[c], p.std[c]));
    CHECK(bgr.span<float>()[at] == expected(image.at(5, 2)[2 - c], p.mean[c], p.std[c]));
  }
  p.order = "gray";
  const Tensor gray = preprocess(image, p, 1, 4, 6);
  CHECK(gray.span<float>()[7] == expected(*to_gray(image).at(1, 1), p.mean[0], p.std[0]));
  const Tensor repeated = preprocess(to_gray(image), p, 3, 4, 6);
  CHECK(repeated.span<float>()[24 + 7] == expected(*to_gray(image).at(1, 1), p.mean[1], p.std[1]));
}

TEST_CASE("preprocess: resize, crop, stretch") {
  const Image image = test_image(50, 30, 3);
  Preprocessing p;
  p.resize = 20;
  p.crop_width = p.crop_height = 16;
  const Image by_hand = center_crop(resize_bilinear(image, 33, 20), 16, 16);
  Preprocessing none;
  CHECK(preprocess(image, p, 3, 16, 16).same_as(preprocess(by_hand, none, 3, 16, 16)));
  CHECK(preprocess(image, none, 3, 8, 9).same_as(preprocess(resize_bilinear(image, 9, 8), none, 3, 8, 9)));
  none.stretch = false;
  CHECK(error_of([&] { preprocess(image, none, 3, 8, 9); }).find("the image is 50x30 after preprocessing, the network takes 9x8") == 0);
}

TEST_CASE("preprocess: letterbox keeps the aspect ratio and fills the rest") {
  const Image image = test_image(40, 20, 3);
  Preprocessing p;
  p.letterbox = true;
  p.fill = 9;
  const Image boxed = Preprocessor(p, 3, 21, 20).pixels(image);
  REQUIRE(boxed.width == 20);
  REQUIRE(boxed.height == 21);
  const Image inner = resize_bilinear(image, 20, 10);
  CHECK(boxed.at(3, 4)[1] == 9);
  CHECK(boxed.at(3, 15)[2] == 9);
  for (int y = 0; y < 10; ++y)
    for (int x = 0; x < 20; ++x) CHECK(boxed.at(x, y + 5)[0] == inner.at(x, y)[0]);
  p.fill = 256;
  CHECK(error_of([&] { validate(p); }).find("filled with code 256") != std::string::npos);
}

TEST_CASE("placement says where preprocessing puts pixels") {
  // A bright square is found again where the placement puts it, within a pixel of the network's input.
  for (int way = 0; way < 5; ++way) {
    Preprocessing p;
    p.mean = {0, 0, 0}, p.std = {1, 1, 1};
    p.letterbox = way == 1 || way == 3;
    if (way == 2 || way == 3) p.resize = 40;
    if (way == 2) p.crop_width = p.crop_height = 36;
    if (way == 4) p.crop_width = 90, p.crop_height = 80;  // beyond the image: padded
    Image image(80, 60, 3);
    const Box box{30, 20, 50, 40};
    for (int y = 20; y < 40; ++y)
      for (int x = 30; x < 50; ++x) image.at(x, y)[0] = 255;
    const int width = 48, height = 64;
    const Tensor seen = preprocess(image, p, 3, height, width);
    Box found{1e9f, 1e9f, -1, -1};
    for (int y = 0; y < height; ++y)
      for (int x = 0; x < width; ++x) {
        const float red = seen.span<float>()[static_cast<size_t>(y * width + x)];
        if (red < .5f || red < 0.6f) continue;
        const float fx = static_cast<float>(x), fy = static_cast<float>(y);
        found = {std::min(found.left, fx), std::min(found.top, fy), std::max(found.right, fx + 1), std::max(found.bottom, fy + 1)};
      }
    const Placement place = placement(p, 80, 60, width, height);
    const Box wanted = place.to_network(box), back = place.to_image(wanted);
    CAPTURE(way);
    CHECK(std::abs(found.left - wanted.left) < 1);
    CHECK(std::abs(found.top - wanted.top) < 1);
    CHECK(std::abs(found.right - wanted.right) < 1);
    CHECK(std::abs(found.bottom - wanted.bottom) < 1);
    CHECK(std::abs(back.left - box.left) < 1e-3);
    CHECK(std::abs(back.bottom - box.bottom) < 1e-3);
  }
}

TEST_CASE("validate refuses what makes no sense") {
  const auto refused = [](auto change) {
    Preprocessing p;
    change(p);
    return !error_of([&] { validate(p); }).empty();
  };
  CHECK_FALSE(refused([](Preprocessing&) {}));
  CHECK(refused([](Preprocessing& p) { p.resize = -1; }));
  CHECK(refused([](Preprocessing& p) { p.crop_width = 5; }));
  CHECK(refused([](Preprocessing& p) { p.crop_width = p.crop_height = 1 << 20; }));
  CHECK(refused([](Preprocessing& p) { p.order = "RGB"; }));
  CHECK(refused([](Preprocessing& p) { p.std[1] = 0; }));
  CHECK(refused([](Preprocessing& p) { p.mean[2] = std::numeric_limits<float>::quiet_NaN(); }));
  CHECK(error_of([] { Preprocessor({}, 1, 28, 28); }).find("use order gray") != std::string::npos);
  CHECK(error_of([] { Preprocessor({}, 4, 28, 28); }).find("takes 4 channels") != std::string::npos);
}

}  // namespace
}  // namespace galet::data
