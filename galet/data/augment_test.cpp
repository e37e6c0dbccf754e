#include "galet/data/augment.h"

#include <doctest/doctest.h>

#include <set>

#include "galet/data/test_files.h"

using namespace galet;
using namespace galet::data;

namespace {

std::string codes(const Image& image) {
  std::string text;
  for (const uint8_t p : image.pixels) text += std::to_string(p) + " ";
  return text;
}

}  // namespace

TEST_CASE("augment: words to options and back") {
  for (const std::string text : {"none", "crop=4,flip", "scale=0.25,crop=2,reflect,flip,rotate,colour=0.2,cutout=8"}) {
    CAPTURE(text);
    CHECK(to_string(parse_augmentation(text)) == text);
  }
  CHECK(error_of([] { parse_augmentation("flip,spin"); }).starts_with("augmentation \"spin\": expected some of scale=AREA, crop=PIXELS"));
  CHECK(error_of([] { parse_augmentation("crop=0"); }) == "augmentation crop=0: expected a number from 1 to 4096");
  CHECK(error_of([] { parse_augmentation("crop=1.5"); }) == "augmentation crop=1.5: expected a whole number");
  CHECK(error_of([] { parse_augmentation("crop"); }).starts_with("augmentation \"crop\""));
  CHECK(error_of([] { parse_augmentation("colour=nan"); }).starts_with("augmentation colour=nan"));
}

TEST_CASE("augment: a crop moves the image, black or mirrored where it left") {
  const Image image = test_image(6, 5, 3);
  std::set<std::pair<int, int>> shifts;
  for (uint64_t seed = 0; seed < 400; ++seed) {
    Random random(seed);
    const Image moved = augment(image, parse_augmentation("crop=2"), random);
    bool found = false;
    for (int dy = -2; dy <= 2 && !found; ++dy)
      for (int dx = -2; dx <= 2 && !found; ++dx) {
        bool same = true;
        for (int y = 0; y < 5 && same; ++y)
          for (int x = 0; x < 6 && same; ++x)
            for (int c = 0; c < 3 && same; ++c) {
              const bool inside = x + dx >= 0 && x + dx < 6 && y + dy >= 0 && y + dy < 5;
              same = moved.at(x, y)[c] == (inside ? image.at(x + dx, y + dy)[c] : 0);
            }
        if (same) shifts.emplace(dx, dy), found = true;
      }
    CHECK(found);
  }
  CHECK(shifts.size() == 25);
  Random random(3);
  const Image row = [] {
    Image out(3, 1, 1);
    out.pixels = {10, 20, 30};
    return out;
  }();
  std::set<std::string> seen;
  for (int i = 0; i < 100; ++i) seen.insert(codes(augment(row, parse_augmentation("crop=1,reflect"), random)));
  CHECK(seen == std::set<std::string>{"10 20 30 ", "20 10 20 ", "20 30 20 "});
}

TEST_CASE("augment: flips and turns are the symmetries of the square") {
  Image image(2, 2, 1);
  image.pixels = {1, 2, 3, 4};
  std::set<std::string> flips, turns;
  Random random(1);
  for (int i = 0; i < 200; ++i) {
    flips.insert(codes(augment(image, parse_augmentation("flip"), random)));
    turns.insert(codes(augment(image, parse_augmentation("rotate"), random)));
  }
  CHECK(flips == std::set<std::string>{"1 2 3 4 ", "2 1 4 3 "});
  CHECK(turns.size() == 8);
  CHECK(error_of([&] { augment(test_image(3, 2, 3), parse_augmentation("rotate"), random); }) ==
        "augmentation rotate needs square images, these are 3x2");
}

TEST_CASE("augment: colour, cutout and scale keep the size and depend on the generator alone") {
  const Image image = test_image(16, 12, 3);
  for (const std::string text : {"colour=0.5", "cutout=5", "scale=0.3", "scale=0.5,crop=2,flip,colour=0.2,cutout=3"}) {
    CAPTURE(text);
    Random a(7), b(7), c(8);
    const Image first = augment(image, parse_augmentation(text), a);
    CHECK(first == augment(image, parse_augmentation(text), b));
    CHECK_FALSE(first == augment(image, parse_augmentation(text), c));
    CHECK(first.width == 16);
    CHECK(first.height == 12);
    CHECK_FALSE(first == image);
  }
  Image grey(4, 4, 1);
  std::fill(grey.pixels.begin(), grey.pixels.end(), uint8_t{100});
  Random random(5);
  const Image brighter = augment(grey, parse_augmentation("colour=0.2"), random);
  for (const uint8_t p : brighter.pixels) CHECK((p >= 80 && p <= 120 && p == brighter.pixels[0]));
}
