#include "galet/data/tidewrack/scene.h"

#include <cmath>

namespace galet::data::tidewrack {
namespace {

constexpr int kGrid = 4;  // samples a pixel side

/// One 1-2-1-like pass in both directions; k: share of each neighbour, 0..1/3.
void blur(std::vector<Rgb>& pixels, int width, int height, float kx, float ky) {
  std::vector<Rgb> line;
  auto pass = [&](int count, int stride, size_t start, float k) {
    line.resize(static_cast<size_t>(count));
    for (int i = 0; i < count; ++i) line[static_cast<size_t>(i)] = pixels[start + static_cast<size_t>(i * stride)];
    for (int i = 0; i < count; ++i) {
      const Rgb& before = line[static_cast<size_t>(i > 0 ? i - 1 : 0)];
      const Rgb& after = line[static_cast<size_t>(i + 1 < count ? i + 1 : i)];
      pixels[start + static_cast<size_t>(i * stride)] = line[static_cast<size_t>(i)] * (1.f - 2.f * k) + (before + after) * k;
    }
  };
  for (int y = 0; y < height; ++y) pass(width, 1, static_cast<size_t>(y) * static_cast<size_t>(width), kx);
  for (int x = 0; x < width; ++x) pass(height, width, static_cast<size_t>(x), ky);
}

/// The square root stands for the display's gamma; `noise` is in display units.
uint8_t to_byte(float linear, float noise) { return static_cast<uint8_t>(clamp01(std::sqrt(clamp01(linear)) + noise) * 255.f + .5f); }

}  // namespace

Weather make_weather(Dice& dice) {
  static constexpr Rgb kWaters[] = {{.03f, .13f, .22f}, {.04f, .20f, .22f}, {.06f, .14f, .08f}, {.16f, .13f, .07f},
                                    {.12f, .16f, .18f}, {.02f, .05f, .10f}, {.25f, .30f, .32f}};
  Weather weather;
  const Rgb water = kWaters[dice.below(7)];
  weather.water = water * dice.in(.7f, 1.5f);
  const float turns = dice.in(0, 1), height = dice.in(.35f, .95f), flat = std::sqrt(1.f - height * height);
  weather.sun = {flat * cos_turns(turns), flat * sin_turns(turns), height, dice.in(.3f, .75f)};
  weather.glare = dice.chance(.45f) ? dice.in(0.f, .8f) : 0.f;
  weather.chop = dice.in(.15f, 1.f);
  return weather;
}

Scene::Scene(int width, int height, float unit, const Weather& weather, Dice& dice)
    : width_(width), height_(height), unit_(unit), weather_(weather), pixels_(static_cast<size_t>(width) * static_cast<size_t>(height)) {
  struct Wave {
    float x, y, phase, height;
  };
  std::array<Wave, 4> waves;
  const float wind = dice.in(0, 1);
  for (Wave& wave : waves) {
    const float turns = wind + dice.in(-.12f, .12f), frequency = dice.in(.6f, 3.f) / unit;
    wave = {frequency * cos_turns(turns), frequency * sin_turns(turns), dice.in(0, 1), dice.in(.3f, 1.f)};
  }
  const uint32_t seed = dice.seed32();
  const Rgb grey = mix(Rgb{.55f, .62f, .70f}, Rgb{.75f, .72f, .66f}, dice.in(0, 1)), sky = grey * dice.in(.4f, 1.f);
  const float slope = dice.in(-.25f, .25f), swell = .12f + .3f * weather.chop;
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      const float fx = static_cast<float>(x), fy = static_cast<float>(y);
      const float bend = noise(fx * 2.f / unit, fy * 2.f / unit, seed);
      float crest = 0;
      for (const Wave& wave : waves) crest += wave.height * sin_turns(wave.x * fx + wave.y * fy + wave.phase + .5f * bend);
      crest += 1.5f * (noise(fx * 6.f / unit, fy * 6.f / unit, seed + 1) - .5f);
      const float mirrored = clamp01(.15f + swell * crest * .5f);
      const float deep = 1.f + slope * (fy / static_cast<float>(height) - .5f) * 2.f;
      pixel(x, y) = mix(weather.water * deep, sky, mirrored * mirrored * 1.2f + .04f);
    }
  }
}

Box Scene::draw(const std::vector<Part>& parts, const Pose& pose) {
  float radius = 0;
  for (const Part& part : parts) {
    const float r = std::sqrt(part.x * part.x + part.y * part.y) + reach(part);
    radius = r > radius ? r : radius;
  }
  radius = (radius < 1.5f ? radius : 1.5f) * pose.scale + 1.f;
  auto bound = [](float v, int last) { return v < 0.f ? 0 : v > static_cast<float>(last) ? last : static_cast<int>(v); };
  const int left = bound(pose.x - radius, width_ - 1), right = bound(pose.x + radius, width_ - 1);
  const int top = bound(pose.y - radius, height_ - 1), bottom = bound(pose.y + radius, height_ - 1);
  const float c = cos_turns(pose.turns), s = sin_turns(pose.turns), kx = 1.f / (pose.scale * pose.squeeze), ky = 1.f / pose.scale;
  Light light = weather_.sun;
  light.x = c * weather_.sun.x + s * weather_.sun.y;
  light.y = c * weather_.sun.y - s * weather_.sun.x;
  Box box{width_, height_, -1, -1};
  const float shade_x = -weather_.sun.x * .12f, shade_y = -weather_.sun.y * .12f;
  for (int y = top; y <= bottom; ++y) {
    for (int x = left; x <= right; ++x) {
      Rgb colour;
      float alpha = 0;
      for (int j = 0; j < kGrid; ++j) {
        for (int i = 0; i < kGrid; ++i) {
          const float dx = static_cast<float>(x) + (static_cast<float>(i) + .5f) / kGrid - pose.x,
                      dy = static_cast<float>(y) + (static_cast<float>(j) + .5f) / kGrid - pose.y;
          const float u = (c * dx + s * dy) * kx, v = (c * dy - s * dx) * ky;
          Sample here = sample(parts, u, v, light);
          if (here.alpha == 0.f) continue;
          if (pose.sunk > 0.f && v + .12f * noise(u * 3.f + 40.f, 1.f, 77) > pose.waterline) {
            here.colour = mix(here.colour, weather_.water * here.alpha, pose.sunk);
          }
          colour = colour + here.colour;
          alpha += here.alpha;
        }
      }
      Rgb& under = pixel(x, y);
      if (pose.shadow > 0.f && alpha < kGrid * kGrid) {
        const float dx = static_cast<float>(x) + .5f - pose.x, dy = static_cast<float>(y) + .5f - pose.y;
        const float u = (c * dx + s * dy) * kx - (c * shade_x + s * shade_y), v = (c * dy - s * dx) * ky - (c * shade_y - s * shade_x);
        under = under * (1.f - pose.shadow * sample(parts, u, v, light).alpha);
      }
      if (alpha == 0.f) continue;
      constexpr float kShare = 1.f / (kGrid * kGrid);
      under = under * (1.f - alpha * kShare) + colour * kShare;
      if (alpha * kShare < .25f) continue;
      box = {x < box.left ? x : box.left, y < box.top ? y : box.top, x > box.right ? x : box.right, y > box.bottom ? y : box.bottom};
    }
  }
  return box;
}

void Scene::draw_foam(float amount, Dice& dice) {
  const uint32_t seed = dice.seed32();
  const float large = dice.in(2.f, 4.f) / unit_, fine = 14.f / unit_, stretch = dice.in(.5f, 1.f), level = 1.f - .55f * amount;
  for (int y = 0; y < height_; ++y) {
    for (int x = 0; x < width_; ++x) {
      const float fx = static_cast<float>(x), fy = static_cast<float>(y) * stretch;
      const float patch = noise(fx * large, fy * large, seed);
      if (patch < level - .15f) continue;
      const float bubbles = noise(fx * fine, fy * fine, seed + 1),
                  cover = smooth(level - .12f, level + .12f, patch + .25f * (bubbles - .5f));
      pixel(x, y) = mix(pixel(x, y), Rgb{.8f, .82f, .82f} * (.75f + .4f * bubbles), cover * .9f);
    }
  }
}

void Scene::draw_glare(Dice& dice) {
  if (weather_.glare <= 0.f) return;
  const uint32_t seed = dice.seed32();
  const float cx = static_cast<float>(width_) * dice.in(-.1f, 1.1f), cy = static_cast<float>(height_) * dice.in(-.1f, 1.1f);
  const float spread = unit_ * dice.in(.2f, .6f), fine = dice.in(5.f, 11.f) / unit_, level = .86f - .2f * weather_.glare;
  for (int y = 0; y < height_; ++y) {
    for (int x = 0; x < width_; ++x) {
      const float fx = static_cast<float>(x), fy = static_cast<float>(y), dx = (fx - cx) / spread, dy = (fy - cy) / spread;
      const float near = 1.f / (1.f + dx * dx + dy * dy), spot = noise(fx * fine, fy * fine * 1.7f, seed);
      const float k = smooth(level - .1f, level + .12f, spot * (.55f + .75f * near)) * 1.1f * weather_.glare + .12f * near * weather_.glare;
      pixel(x, y) = pixel(x, y) + Rgb{k, k * .97f, k * .9f};
    }
  }
}

Image Scene::photograph(Dice& dice) const {
  std::vector<Rgb> pixels = pixels_;
  if (dice.chance(.6f)) {
    const float k = dice.in(0.f, .22f), other = dice.chance(.3f) ? k * .2f : k;
    const bool swap = dice.chance(.5f);
    const int passes = 1 + static_cast<int>(unit_ / 32.f * dice.in(0.f, 1.4f));
    for (int i = 0; i < passes; ++i) blur(pixels, width_, height_, swap ? other : k, swap ? k : other);
  }
  const float exposure = dice.in(.75f, 1.45f), warm = dice.in(-.22f, .22f), tint = dice.in(-.08f, .08f),
              haze = dice.chance(.3f) ? dice.in(0.f, .35f) : 0.f;
  const Rgb gain{exposure * (1.f + warm), exposure * (1.f + tint), exposure * (1.f - warm)};
  const float sigma = dice.in(.004f, .025f);  // of brightness; each channel adds .7 of it
  Random grain(dice.seed32());
  Image image(width_, height_, 3);
  uint8_t* out = image.pixels.data();
  for (const Rgb& p : pixels) {
    const float luma = bell(grain) * sigma;
    const float c[3] = {p.r * gain.r, p.g * gain.g, p.b * gain.b};
    for (const float v : c) {
      *out++ = to_byte(mix(v, .45f, haze), luma + bell(grain) * sigma * .7f);
    }
  }
  return image;
}

}  // namespace galet::data::tidewrack
