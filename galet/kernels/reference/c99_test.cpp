// The integer spelling of float arithmetic against float itself, and post-processing. (Whole operators: conv_sweep_test.cpp, whose oracle
// they are, and tests/export_c_test.py.)
#include "galet/kernels/reference/c99.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <string>

#include "galet/core/random.h"
#include "galet/kernels/reference/arithmetic.h"

using namespace galet;
using namespace galet::kernels;

namespace {

/// docs/arithmetic.md as it is written there.
uint8_t in_float(float x, int32_t zero_point, int32_t lo, int32_t hi) {
  x = std::clamp(x, static_cast<float>(lo - zero_point), static_cast<float>(hi - zero_point));
  return static_cast<uint8_t>(static_cast<int32_t>(std::nearbyint(x)) + zero_point);
}

/// Of any magnitude, and often just where rounding changes.
int32_t some_accumulator(Random& random, float m) {
  const auto any = static_cast<int32_t>(static_cast<uint32_t>(random.next()) >> random.below(31));
  if (random.below(3) == 0) return random.below(2) == 0 ? any : -any;
  const double tie = (static_cast<double>(random.below(300)) + 0.5) / static_cast<double>(m);
  return static_cast<int32_t>(std::clamp(tie + static_cast<double>(random.below(5)) - 2, -2e9, 2e9));
}

}  // namespace

TEST_CASE("requantization in integers is that in float") {
  Random random(3);
  for (int i = 0; i < 400000; ++i) {
    const float m = std::ldexp(static_cast<float>(random.uniform(0.5, 1)), static_cast<int>(random.below(36)) - 32);
    const int32_t acc = some_accumulator(random, m), z = static_cast<int32_t>(random.below(256));
    const volatile float product = static_cast<float>(acc) * m;
    CHECK(int(c99::galet_requantize(acc, c99_scale(m), z, 0, 255)) == int(in_float(product, z, 0, 255)));
    const int32_t a = static_cast<int32_t>(random.below(511)) - 255, b = static_cast<int32_t>(random.below(511)) - 255;
    const volatile float scaled = static_cast<float>(a * b) * m, sum = scaled + static_cast<float>(z);
    CHECK(int(c99::galet_mul_codes(a, b, c99_mul_scale(m), z, 3, 250)) == int(in_float(sum, 0, 3, 250)));
  }
  CHECK(c99::galet_requantize(2147483647, c99_scale(3e9f), 7, 0, 255) == 255);
  CHECK(c99::galet_requantize(-5, c99_scale(1e30f), 7, 2, 255) == 2);
  CHECK(c99::galet_requantize(2147483647, c99_scale(1e-30f), 7, 0, 255) == 7);
}

TEST_CASE("addition in integers is that of fma") {
  Random random(4);
  int with_grid = 0;
  for (int i = 0; i < 3000; ++i) {
    const float dst = static_cast<float>(random.uniform(0.001, 1));
    auto scale = [&] { return dst * std::ldexp(static_cast<float>(random.uniform(0.5, 1)), static_cast<int>(random.below(12)) - 6); };
    const AddCoefficients add =
        add_coefficients(scale(), static_cast<int32_t>(random.below(256)), scale(), static_cast<int32_t>(random.below(256)), dst,
                         static_cast<int32_t>(random.below(256)), 0, 255, random.below(2) == 0);
    c99::galet_sum sum{};
    if (!c99_sum(add, sum)) continue;
    ++with_grid;
    for (int k = 0; k < 200; ++k) {
      const auto a = static_cast<uint8_t>(random.below(256)), b = static_cast<uint8_t>(random.below(256));
      const float expected = std::fma(static_cast<float>(a), add.ra, std::fma(static_cast<float>(b), add.rb, add.c));
      CHECK(int(c99::galet_add_codes(a, b, &sum)) == int(in_float(expected, 0, 0, 255)));
    }
  }
  CHECK(with_grid > 2900);
}

TEST_CASE("fixed point rounds halves away from zero") {
  const uint32_t half = c99_scale(0.5f);
  for (const auto& [acc, code] : {std::pair{3, 102}, {-3, 98}, {1, 101}, {-1, 99}, {4, 102}, {0, 100}})
    CHECK(int(c99_fixed::galet_requantize(acc, half, 100, 0, 255)) == code);
}

namespace {

/// The definition, in another way than c99/peaks.h has it: components by colouring, the rule for the place on the whole set.
std::vector<std::array<int, 4>> peaks_by_definition(const std::vector<uint8_t>& map, int h, int w, int channels, int threshold) {
  std::vector<std::array<int, 4>> peaks;
  for (int c = 0; c < channels; ++c) {
    auto code = [&](int at) { return map[static_cast<size_t>(at * channels + c)]; };
    auto near = [&](int a, int b) { return std::abs(a / w - b / w) <= 1 && std::abs(a % w - b % w) <= 1; };
    std::vector<int> colour(static_cast<size_t>(h * w));
    std::iota(colour.begin(), colour.end(), 0);
    for (bool changed = true; changed;) {
      changed = false;
      for (int a = 0; a < h * w; ++a)
        for (int b = 0; b < h * w; ++b)
          if (near(a, b) && code(a) == code(b) && colour[static_cast<size_t>(b)] < colour[static_cast<size_t>(a)])
            colour[static_cast<size_t>(a)] = colour[static_cast<size_t>(b)], changed = true;
    }
    for (int first = 0; first < h * w; ++first) {
      std::vector<int> members;
      for (int a = 0; a < h * w; ++a)
        if (colour[static_cast<size_t>(a)] == first) members.push_back(a);
      bool wins = !members.empty() && code(first) >= threshold;
      double y = 0, x = 0;
      for (const int a : members) {
        y += a / w, x += a % w;
        for (int b = 0; b < h * w; ++b) wins = wins && !(near(a, b) && code(b) > code(a));
      }
      if (!wins) continue;
      y = std::floor(y / static_cast<double>(members.size()) + 0.5), x = std::floor(x / static_cast<double>(members.size()) + 0.5);
      const int best = *std::min_element(members.begin(), members.end(),
                                         [&](int a, int b) { return std::hypot(a / w - y, a % w - x) < std::hypot(b / w - y, b % w - x); });
      peaks.push_back({best / w, best % w, c, code(best)});
    }
  }
  return peaks;
}

std::vector<std::array<int, 4>> peaks_of(const std::vector<uint8_t>& map, int h, int w, int channels, int threshold) {
  std::vector<uint8_t> state(static_cast<size_t>(h * w), 77);
  std::vector<std::array<int16_t, 4>> room(map.size());
  auto* places = reinterpret_cast<int16_t(*)[4]>(room.data());
  const int32_t found = c99::galet_peaks(map.data(), h, w, channels, static_cast<uint8_t>(threshold), places,
                                         static_cast<int32_t>(room.size()), state.data());
  CHECK(c99::galet_peaks(map.data(), h, w, channels, static_cast<uint8_t>(threshold), places, 0, state.data()) == found);
  std::vector<std::array<int, 4>> peaks;
  for (int32_t i = 0; i < found; ++i) peaks.push_back({room[size_t(i)][0], room[size_t(i)][1], room[size_t(i)][2], room[size_t(i)][3]});
  return peaks;
}

/// A picture of digits, line by line.
std::vector<uint8_t> picture(const std::string& lines) {
  std::vector<uint8_t> map;
  for (const char digit : lines)
    if (digit != ' ') map.push_back(static_cast<uint8_t>(digit - '0'));
  return map;
}

}  // namespace

TEST_CASE("peaks: connected equal maxima are one peak, as the definition says") {
  Random random(5);
  for (int trial = 0; trial < 600; ++trial) {
    const int h = 1 + static_cast<int>(random.below(9)), w = 1 + static_cast<int>(random.below(9)), channels = 1 + trial % 3;
    const uint32_t levels = trial % 4 == 0 ? 256 : 2 + static_cast<uint32_t>(trial % 4);
    std::vector<uint8_t> map(static_cast<size_t>(h * w * channels));
    for (uint8_t& q : map) q = static_cast<uint8_t>(random.below(levels));
    const int threshold = static_cast<int>(random.below(2));
    CHECK(peaks_of(map, h, w, channels, threshold) == peaks_by_definition(map, h, w, channels, threshold));
  }
}

TEST_CASE("peaks: flat, saturated, striped, V-shaped, ring-shaped and spiral plateaus") {
  using Peaks = std::vector<std::array<int, 4>>;
  CHECK(peaks_of(std::vector<uint8_t>(20, 9), 4, 5, 1, 9) == Peaks{{2, 2, 0, 9}});
  CHECK(peaks_of(std::vector<uint8_t>(20, 9), 4, 5, 1, 10).empty());
  CHECK(peaks_of(std::vector<uint8_t>(64 * 64, 255), 64, 64, 1, 1).size() == 1);
  CHECK(peaks_of(picture("70007 07070 00700"), 3, 5, 1, 1) == Peaks{{1, 1, 0, 7}});  // V
  CHECK(peaks_of(picture("11111 00000 11111 00000 11111"), 5, 5, 1, 1) == Peaks{{0, 2, 0, 1}, {2, 2, 0, 1}, {4, 2, 0, 1}});
  CHECK(peaks_of(picture("55555 50005 50605 50005 55555"), 5, 5, 1, 1) ==
        Peaks{{0, 2, 0, 5}, {2, 2, 0, 6}});                                                // a ring around a peak of its own
  CHECK(peaks_of(picture("3331111 1113333 1111118"), 3, 7, 1, 1) == Peaks{{2, 6, 0, 8}});  // a plateau whose far end has a larger neighbour
  CHECK(peaks_of(picture("9999999 0000009 9999909 9000909 9099909 9000009 9999999"), 7, 7, 1, 1).size() == 1);  // a spiral
}

TEST_CASE("top-k and argmax: the first of equal ones") {
  const std::vector<uint8_t> scores{4, 9, 1, 9, 9, 0};
  int32_t places[6];
  c99::galet_top_k(scores.data(), 6, 6, places);
  CHECK(std::vector<int32_t>(places, places + 6) == std::vector<int32_t>{1, 3, 4, 0, 2, 5});
  CHECK(c99::galet_argmax(scores.data(), 6) == 1);
}
