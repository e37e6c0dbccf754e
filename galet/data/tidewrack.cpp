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

}  // namespace galet::data
