#include "galet/data/resize.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "galet/data/test_files.h"

namespace galet::data {
namespace {

Image row(std::initializer_list<int> values) {
  Image image(static_cast<int>(values.size()), 1, 1);
  std::copy(values.begin(), values.end(), image.pixels.begin());
  return image;
}

TEST_CASE("resize_bilinear: values worked out by hand") {
  // Halving: a triangle of half width 2 around 1.0: weights 3/4, 3/4, 1/4 over 1.75.
  CHECK(resize_bilinear(row({0, 70, 140, 210}), 2, 1).pixels == std::vector<uint8_t>{50, 160});
  // Doubling: plain interpolation at -0.25, 0.25, 0.75, 1.25, edges held.
  CHECK(resize_bilinear(row({0, 100}), 4, 1).pixels == std::vector<uint8_t>{0, 25, 75, 100});
  CHECK(resize_bilinear(row({7}), 3, 2).pixels == std::vector<uint8_t>(6, 7));
}

TEST_CASE("resize_bilinear keeps what it must keep") {
  const Image image = test_image(31, 17, 3);
  CHECK(resize_bilinear(image, 31, 17) == image);
  Image flat(40, 30, 3);
  std::fill(flat.pixels.begin(), flat.pixels.end(), uint8_t{201});
  const Image small = resize_bilinear(flat, 7, 50);
  CHECK(small.width == 7);
  CHECK(small.height == 50);
  CHECK(std::all_of(small.pixels.begin(), small.pixels.end(), [](uint8_t v) { return v == 201; }));
  // Channels do not mix.
  const Image wide = resize_bilinear(image, 50, 9);
  Image red(31, 17, 1);
  for (int y = 0; y < 17; ++y) {
    for (int x = 0; x < 31; ++x) *red.at(x, y) = image.at(x, y)[0];
  }
  const Image wide_red = resize_bilinear(red, 50, 9);
  for (int y = 0; y < 9; ++y) {
    for (int x = 0; x < 50; ++x) REQUIRE(wide.at(x, y)[0] == *wide_red.at(x, y));
  }
}

TEST_CASE("resize refuses impossible sizes") {
  CHECK(error_of([] { resize_bilinear(row({1, 2}), 0, 5); }) == "cannot make an image of 0x5 pixels");
  CHECK(error_of([] { resize_bilinear(row({1, 2}), 60000, 60000); }).find("at most") != std::string::npos);
  CHECK(error_of([] { resize_bilinear(Image(), 5, 5); }) == "cannot make an image of 0x0 pixels");
  CHECK(error_of([] { short_side_size(1, 1000000, 256); }).find("has more than") != std::string::npos);
}

TEST_CASE("short_side_size cuts the long side down") {
  CHECK(short_side_size(500, 375, 256) == std::pair(341, 256));
  CHECK(short_side_size(375, 500, 256) == std::pair(256, 341));
  CHECK(short_side_size(32, 32, 64) == std::pair(64, 64));
}

TEST_CASE("center_crop rounds half to even and pads with black") {
  CHECK(center_crop(row({0, 1, 2, 3, 4}), 2, 1).pixels == std::vector<uint8_t>{2, 3});  // 1.5 to 2
  CHECK(center_crop(row({0, 1, 2, 3}), 3, 1).pixels == std::vector<uint8_t>{0, 1, 2});  // 0.5 to 0
  CHECK(center_crop(row({5, 6}), 5, 1).pixels == std::vector<uint8_t>{0, 5, 6, 0, 0});
  const Image image = center_crop(test_image(10, 4, 3), 4, 8);
  CHECK(image.at(0, 1)[0] == 0);
  CHECK(image.at(1, 2)[1] == test_image(10, 4, 3).at(4, 0)[1]);
}

TEST_CASE("to_gray weighs as Pillow") {
  Image image(3, 1, 3);
  image.pixels = {255, 0, 0, 0, 255, 0, 10, 20, 30};
  CHECK(to_gray(image).pixels == std::vector<uint8_t>{76, 150, 18});
}

}  // namespace
}  // namespace galet::data
