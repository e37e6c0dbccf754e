#include "galet/data/tidewrack.h"

#include <doctest/doctest.h>

#include <cmath>

#include "galet/core/error.h"
#include "galet/data/tidewrack/litter.h"
#include "galet/data/tidewrack/scene.h"

namespace galet::data {
namespace {

uint64_t fingerprint(const Image& image) {
  uint64_t hash = 0xcbf29ce484222325u;  // FNV-1a
  for (const uint8_t byte : image.pixels) hash = (hash ^ byte) * 0x100000001b3u;
  return hash;
}

TEST_CASE("every ten pictures hold each class once, in changing order") {
  std::array<int, 10> seen{};
  bool shuffled = false;
  for (int64_t i = 0; i < 100; ++i) {
    const int label = tidewrack_label(1, Split::train, i);
    ++seen[static_cast<size_t>(label)];
    shuffled = shuffled || label != i % 10;
    if (i % 10 == 9) {
      for (const int n : seen) CHECK(n == (i + 1) / 10);
    }
  }
  CHECK(shuffled);
}

TEST_CASE("pictures depend on seed, split and index and nothing else") {
  const Image image = render_tidewrack(1, Split::train, 5);
  CHECK(image.width == 32);
  CHECK(render_tidewrack(1, Split::train, 5) == image);
  CHECK_FALSE(render_tidewrack(2, Split::train, 5) == image);
  CHECK_FALSE(render_tidewrack(1, Split::test, 5) == image);
  CHECK_FALSE(render_tidewrack(1, Split::train, 6) == image);
  CHECK(render_tidewrack(1, Split::train, 5, 256).height == 256);
  CHECK_THROWS_AS(render_tidewrack(1, Split::train, 5, 4), Error);
  CHECK_THROWS_AS(render_tidewrack(1, Split::train, -1), Error);
}

// The committed checkpoint was trained on exactly these pictures.
TEST_CASE("the pictures of seed 1 are what they were") {
  uint64_t all = 0;
  for (int64_t i = 0; i < 200; ++i) all = all * 31 + fingerprint(render_tidewrack(1, Split::test, i));
  CHECK(all == 13255517500503952659u);
}

TEST_CASE("scenes: the same on every machine, boxes inside, hardly one over the other") {
  uint64_t all = 0;
  int64_t objects = 0;
  std::array<int, 10> seen{};
  for (int64_t i = 0; i < 40; ++i) {
    const TidewrackScene scene = render_tidewrack_scene(1, Split::test, i);
    CHECK(scene.image.width == 256);
    all = all * 31 + fingerprint(scene.image);
    for (const Annotation& one : scene.objects) {
      ++objects, ++seen[static_cast<size_t>(one.label)];
      all = all * 31 + static_cast<uint64_t>(one.box.left + 256 * one.box.top) + static_cast<uint64_t>(one.box.area());
      CHECK(one.box.left >= 0);
      CHECK(one.box.bottom <= 256);
      CHECK(one.area == one.box.area());
      for (const Annotation& other : scene.objects) CHECK((&other == &one || iou(one.box, other.box) < .5f));
    }
  }
  CHECK(objects > 100);
  for (const int n : seen) CHECK(n > 0);
  CHECK(all == 17635604083091427789u);
  CHECK(render_tidewrack_scene(1, Split::train, 3).objects == render_tidewrack_scene(1, Split::train, 3).objects);
  CHECK_FALSE(render_tidewrack_scene(1, Split::train, 0).image == render_tidewrack_scene(2, Split::train, 0).image);
  CHECK_THROWS_AS(render_tidewrack_scene(1, Split::train, 0, 31), Error);
}

TEST_CASE("no picture is blank, and litter changes the water it lies on") {
  for (int64_t i = 0; i < 100; ++i) {
    const Image image = render_tidewrack(9, Split::train, i);
    double sum = 0, squares = 0;
    for (const uint8_t v : image.pixels) sum += v, squares += v * v;
    const double n = static_cast<double>(image.pixels.size()), deviation = std::sqrt(squares / n - sum / n * sum / n);
    CHECK(deviation > 4);
  }
}

TEST_CASE("a scene tells where a thing lies") {
  using namespace tidewrack;
  Dice dice(4);
  const Weather weather = make_weather(dice);
  for (int label = 0; label < 10; ++label) {
    Scene scene(256, 200, 64, weather, dice);
    Pose pose;
    pose.x = 90, pose.y = 120, pose.scale = 30;
    const Box box = scene.draw(make_litter(label, dice), pose);
    CHECK(box.left >= 90 - 45);
    CHECK(box.right <= 90 + 45);
    CHECK(box.top >= 120 - 45);
    CHECK(box.bottom <= 120 + 45);
    CHECK(box.right - box.left >= 2);
    CHECK(box.bottom - box.top >= 8);
    pose.x = -500;
    const Box outside = scene.draw(make_litter(label, dice), pose);
    CHECK(outside.right < outside.left);
  }
}

TEST_CASE("sin_turns follows the sine") {
  for (int i = -4000; i <= 4000; ++i) {
    const float t = static_cast<float>(i) * 0.00137f;
    CHECK(std::abs(tidewrack::sin_turns(t) - std::sin(6.283185307179586 * static_cast<double>(t))) < 5e-6);
  }
}

}  // namespace
}  // namespace galet::data
