// Arithmetic that gives the same bits everywhere: a sine without libm, lattice noise, bell-shaped random numbers.
#pragma once

#include <cstdint>

#include "galet/core/random.h"

namespace galet::data::tidewrack {

inline float clamp01(float x) { return x < 0.f ? 0.f : x > 1.f ? 1.f : x; }
inline float mix(float a, float b, float t) { return a + (b - a) * t; }
inline float smooth(float low, float high, float x) {
  const float t = clamp01((x - low) / (high - low));
  return t * t * (3.f - 2.f * t);
}
inline int floor_int(float x) {
  const int i = static_cast<int>(x);
  return static_cast<float>(i) > x ? i - 1 : i;
}

/// sin(2 pi t): t in turns, |t| < 10^6; Taylor polynomial on a quarter turn, error below 4e-6.
inline float sin_turns(float t) {
  t -= static_cast<float>(floor_int(t + 0.5f));  // [-0.5, 0.5)
  if (t > 0.25f) t = 0.5f - t;
  if (t < -0.25f) t = -0.5f - t;
  const float x = t * 6.2831853f, s = x * x;
  return x * (1.f + s * (-1.f / 6.f + s * (1.f / 120.f + s * (-1.f / 5040.f + s * (1.f / 362880.f)))));
}
inline float cos_turns(float t) { return sin_turns(t + 0.25f); }

/// A fixed pseudo-random value in [0, 1) of a lattice point.
inline float lattice(int x, int y, uint32_t seed) {
  uint32_t h = static_cast<uint32_t>(x) * 0x8da6b343u ^ static_cast<uint32_t>(y) * 0xd8163841u ^ seed * 0xcb1ab31fu;
  h = (h ^ (h >> 15)) * 0x2c1b3c6du;
  h = (h ^ (h >> 12)) * 0x297a2d39u;
  return static_cast<float>((h ^ (h >> 15)) >> 8) * 0x1p-24f;
}
/// Smoothly interpolated lattice values, in [0, 1); features are about one unit across.
inline float noise(float x, float y, uint32_t seed) {
  const int ix = floor_int(x), iy = floor_int(y);
  float fx = x - static_cast<float>(ix), fy = y - static_cast<float>(iy);
  fx = fx * fx * (3.f - 2.f * fx);
  fy = fy * fy * (3.f - 2.f * fy);
  return mix(mix(lattice(ix, iy, seed), lattice(ix + 1, iy, seed), fx), mix(lattice(ix, iy + 1, seed), lattice(ix + 1, iy + 1, seed), fx),
             fy);
}

/// Draws with the conveniences that recipes need.
class Dice {
 public:
  explicit Dice(uint64_t seed) : random_(seed) {}
  float in(float low, float high) { return low + (high - low) * (static_cast<float>(random_.next() >> 40) * 0x1p-24f); }
  bool chance(float p) { return in(0.f, 1.f) < p; }
  int below(int n) { return static_cast<int>(random_.below(static_cast<uint64_t>(n))); }
  uint32_t seed32() { return static_cast<uint32_t>(random_.next() >> 32); }
  float sign() { return chance(0.5f) ? 1.f : -1.f; }
  /// In [low, high) or [-high, -low].
  float either(float low, float high) {
    const float value = in(low, high);
    return chance(0.5f) ? value : -value;
  }

 private:
  Random random_;
};

/// Nearly normal, mean 0 and deviation 1: the sum of the eight bytes of one draw (Irwin-Hall; deviation of a byte sum is 209.0).
inline float bell(Random& random) {
  uint64_t bits = random.next();
  bits = (bits & 0x00ff00ff00ff00ffu) + ((bits >> 8) & 0x00ff00ff00ff00ffu);
  bits *= 0x0001000100010001u;
  return (static_cast<float>(bits >> 48) - 1020.f) * (1.f / 209.f);
}

}  // namespace galet::data::tidewrack
