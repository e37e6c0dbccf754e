#include "galet/data/augment.h"

#include <doctest/doctest.h>

#include <cmath>
#include <set>
#include <span>

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
  for (const std::string text : {"none", "crop=4,flip", "zoom=0.4,scale=0.25,crop=2,reflect,flip,rotate,colour=0.2,cutout=8"}) {
    CAPTURE(text);
    CHECK(to_string(parse_augmentation(text)) == text);
  }
  CHECK(error_of([] {
          parse_augmentation("flip,spin");
        }).starts_with("augmentation \"spin\": expected some of zoom=SHARE, scale=AREA, crop=PIXELS"));
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
  for (const std::string text : {"colour=0.5", "cutout=5", "scale=0.3", "zoom=0.5", "scale=0.5,crop=2,flip,colour=0.2,cutout=3"}) {
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

namespace {

/// Black, with one bright rectangle for each of the objects.
Image with_rectangles(int width, int height, std::span<const Annotation> objects) {
  Image image(width, height, 3);
  for (const Annotation& object : objects)
    for (int y = static_cast<int>(object.box.top); y < static_cast<int>(object.box.bottom); ++y)
      for (int x = static_cast<int>(object.box.left); x < static_cast<int>(object.box.right); ++x) image.at(x, y)[object.label] = 255;
  return image;
}

/// Around what is at least half bright in the channel; empty where nothing is.
Box bright(const Image& image, int channel) {
  Box box{1e9f, 1e9f, 0, 0};
  for (int y = 0; y < image.height; ++y)
    for (int x = 0; x < image.width; ++x)
      if (image.at(x, y)[channel] >= 128)
        box = {std::min(box.left, 1.f * static_cast<float>(x)), std::min(box.top, static_cast<float>(y)),
               std::max(box.right, static_cast<float>(x + 1)), std::max(box.bottom, static_cast<float>(y + 1))};
  return box;
}

}  // namespace

TEST_CASE("augment: boxes are where their pixels are") {
  for (const std::string text : {"flip", "crop=20", "zoom=0.5", "scale=0.3", "rotate", "zoom=0.4,scale=0.5,crop=9,flip,rotate"}) {
    CAPTURE(text);
    const Augmentation augmentation = parse_augmentation(text);
    int kept = 0, gone = 0, cut = 0;
    for (uint64_t seed = 0; seed < 300; ++seed) {
      Random random(seed);
      std::vector<Annotation> objects;
      for (int label = 0; label < 3; ++label) {
        const auto w = static_cast<float>(12 + random.below(30)), h = static_cast<float>(12 + random.below(30));
        const auto x = static_cast<float>(random.below(static_cast<uint64_t>(97 - w))),
                   y = static_cast<float>(random.below(static_cast<uint64_t>(97 - h)));
        objects.push_back({{x, y, x + w, y + h}, label, w * h});
      }
      const std::vector<Annotation> before = objects;
      Random same = random;
      const Image image = with_rectangles(96, 96, before), moved = augment(image, objects, augmentation, random);
      CHECK(moved == augment(image, augmentation, same));  // objects change nothing of the image
      for (const Annotation& object : objects) {
        const Box seen = bright(moved, object.label);
        // Half a pixel is lost where edges are blurred.
        CHECK(std::abs(object.box.left - seen.left) <= 1.f);
        CHECK(std::abs(object.box.top - seen.top) <= 1.f);
        CHECK(std::abs(object.box.right - seen.right) <= 1.f);
        CHECK(std::abs(object.box.bottom - seen.bottom) <= 1.f);
        CHECK(object.area == doctest::Approx(object.box.area()).epsilon(1e-3));
        ++kept, cut += object.box.left == 0 || object.box.top == 0 || object.box.right == 96 || object.box.bottom == 96;
      }
      gone += static_cast<int>(before.size() - objects.size());
    }
    CHECK(kept > 500);
    if (text != "flip" && text != "rotate") CHECK(cut > 20);
    if (text == "flip" || text == "rotate") CHECK(gone == 0);
  }
}

TEST_CASE("clip_objects: what is mostly outside is gone, crowds stay") {
  std::vector<Annotation> objects{
      {{-10, 0, 10, 10}, 0, 200}, {{-20, 0, 2, 10}, 1, 220}, {{-20, 0, 2, 10}, 2, 220, true}, {{30, 30, 40, 40}, 3, 100, true}};
  clip_objects(objects, 20, 20);
  REQUIRE(objects.size() == 2);
  CHECK(objects[0] == Annotation{{0, 0, 10, 10}, 0, 100});
  CHECK(objects[1].label == 2);
  CHECK(objects[1].box == Box{0, 0, 2, 10});
}
