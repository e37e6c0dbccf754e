#include "galet/data/tidewrack.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "galet/core/error.h"
#include "galet/data/tidewrack/litter.h"
#include "galet/data/tidewrack/scene.h"

namespace galet::data {
namespace {

using tidewrack::Dice;

constexpr int64_t kClasses = static_cast<int64_t>(kTidewrackClasses.size());

/// An independent stream for every picture.
uint64_t stream(uint64_t seed, Split split, int64_t index, uint64_t purpose) {
  Random random(seed ^ (0x7469646577726163u + purpose));
  const uint64_t a = random.next() + static_cast<uint64_t>(index) * 0xd1342543de82ef95u;
  return Random(a ^ (split == Split::test ? 0xa0761d6478bd642fu : 0)).next();
}

tidewrack::Pose random_pose(Dice& dice, int size) {
  const float extent = static_cast<float>(size);
  tidewrack::Pose pose;
  pose.scale = extent * dice.in(.36f, .52f);
  pose.x = extent * (.5f + dice.in(-.1f, .1f));
  pose.y = extent * (.5f + dice.in(-.1f, .1f));
  pose.turns = dice.in(0, 1);
  pose.squeeze = dice.in(.75f, 1.1f);
  pose.shadow = dice.in(0.f, .4f);
  if (dice.chance(.25f)) {
    pose.sunk = dice.in(.3f, .9f);
    pose.waterline = dice.in(.2f, .8f);
  }
  return pose;
}

/// Distance of the parts' mean colour from the water's, in display brightness.
float contrast(const std::vector<tidewrack::Part>& parts, tidewrack::Rgb water) {
  tidewrack::Rgb mean;
  for (const tidewrack::Part& part : parts) mean = mean + part.colour * (1.f / static_cast<float>(parts.size()));
  const float r = std::sqrt(mean.r) - std::sqrt(water.r), g = std::sqrt(mean.g) - std::sqrt(water.g),
              b = std::sqrt(mean.b) - std::sqrt(water.b);
  return std::sqrt((r * r + g * g + b * b) * (1.f / 3.f));
}

}  // namespace

int tidewrack_label(uint64_t seed, Split split, int64_t index) {
  if (index < 0) fail("tidewrack: picture {} does not exist, indices start at 0", index);
  std::array<int, kClasses> order;
  std::iota(order.begin(), order.end(), 0);
  Random random(stream(seed, split, index / kClasses, 1));
  for (size_t i = order.size() - 1; i > 0; --i) std::swap(order[i], order[random.below(i + 1)]);
  return order[static_cast<size_t>(index % kClasses)];
}

Image render_tidewrack(uint64_t seed, Split split, int64_t index, int size) {
  if (size < 8 || size > 4096) fail("tidewrack: pictures of size {} cannot be drawn, expected 8..4096", size);
  const int label = tidewrack_label(seed, split, index);
  Dice dice(stream(seed, split, index, 2));
  const tidewrack::Weather weather = make_weather(dice);
  tidewrack::Scene scene(size, size, static_cast<float>(size), weather, dice);
  const float extent = static_cast<float>(size);
  for (int i = dice.below(3); i > 0; --i) {
    tidewrack::Pose pose;
    pose.scale = extent * dice.in(.07f, .16f);
    pose.x = extent * dice.in(0, 1), pose.y = extent * dice.in(0, 1);
    pose.turns = dice.in(0, 1);
    scene.draw(tidewrack::make_flotsam(dice), pose);
  }
  if (dice.chance(.35f)) scene.draw_foam(dice.in(.1f, .45f), dice);
  std::vector<tidewrack::Part> litter;
  for (int attempt = 0; attempt < 4; ++attempt) {
    litter = tidewrack::make_litter(label, dice);
    if (contrast(litter, weather.water) > .16f) break;  // else nearly invisible: another specimen
  }
  scene.draw(litter, random_pose(dice, size));
  if (dice.chance(.2f)) scene.draw_foam(dice.in(.1f, .3f), dice);
  scene.draw_glare(dice);
  return scene.photograph(dice);
}

TidewrackScene render_tidewrack_scene(uint64_t seed, Split split, int64_t index, int size) {
  if (index < 0) fail("tidewrack: scene {} does not exist, indices start at 0", index);
  if (size < 32 || size > 4096) fail("tidewrack: scenes of size {} cannot be drawn, expected 32..4096", size);
  Dice dice(stream(seed, split, index, 3));
  const tidewrack::Weather weather = make_weather(dice);
  const float extent = static_cast<float>(size), unit = extent * dice.in(.25f, .5f);
  tidewrack::Scene scene(size, size, unit, weather, dice);
  if (dice.chance(.35f)) scene.draw_foam(dice.in(.05f, .3f), dice);
  struct Circle {
    float x, y, radius;
  };
  std::vector<Circle> taken;
  // Where something still has room for its circle; after a few attempts it is left out.
  const auto place = [&](float radius, tidewrack::Pose& pose) {
    for (int attempt = 0; attempt < 8; ++attempt) {
      pose.x = extent * dice.in(.06f, .94f);
      pose.y = extent * dice.in(.06f, .94f);
      const bool free = std::all_of(taken.begin(), taken.end(), [&](const Circle& c) {
        const float dx = c.x - pose.x, dy = c.y - pose.y, apart = (c.radius + radius) * .8f;
        return dx * dx + dy * dy > apart * apart;
      });
      if (!free) continue;
      taken.push_back({pose.x, pose.y, radius});
      return true;
    }
    return false;
  };
  TidewrackScene out;
  for (int left = 1 + dice.below(8); left > 0; --left) {
    tidewrack::Pose pose = random_pose(dice, size);
    pose.scale = extent * dice.in(.045f, .17f);
    const int label = dice.below(static_cast<int>(kClasses));
    std::vector<tidewrack::Part> litter;
    for (int attempt = 0; attempt < 4; ++attempt) {
      litter = tidewrack::make_litter(label, dice);
      if (contrast(litter, weather.water) > .16f) break;
    }
    if (!place(pose.scale, pose)) continue;
    const tidewrack::Box covered = scene.draw(litter, pose);
    const Box box{static_cast<float>(covered.left), static_cast<float>(covered.top), static_cast<float>(covered.right + 1),
                  static_cast<float>(covered.bottom + 1)};
    if (box.width() < 4.f || box.height() < 4.f) continue;
    out.objects.push_back({box, label, box.area()});
  }
  for (int i = dice.below(4); i > 0; --i) {
    tidewrack::Pose pose;
    pose.scale = extent * dice.in(.03f, .08f);
    pose.turns = dice.in(0, 1);
    const std::vector<tidewrack::Part> flotsam = tidewrack::make_flotsam(dice);
    if (place(pose.scale, pose)) scene.draw(flotsam, pose);
  }
  scene.draw_glare(dice);
  out.image = scene.photograph(dice);
  return out;
}

}  // namespace galet::data
