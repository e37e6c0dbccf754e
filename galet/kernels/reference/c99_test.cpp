// The integer spelling of float arithmetic against float itself, and post-processing. (Whole operators: conv_sweep_test.cpp, whose oracle
// they are, and tests/export_c_test.py.)
#include "galet/kernels/reference/c99.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

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

TEST_CASE("peaks: one of equal neighbours, never two side by side, order of different scores kept") {
  Random random(5);
  for (int trial = 0; trial < 300; ++trial) {
    const int32_t h = 1 + static_cast<int32_t>(random.below(7)), w = 1 + static_cast<int32_t>(random.below(7));
    std::vector<uint8_t> map(static_cast<size_t>(h * w));
    for (uint8_t& q : map) q = static_cast<uint8_t>(random.below(trial % 2 == 0 ? 3 : 256));
    int16_t peaks[49][4];
    const int32_t found = c99::galet_peaks(map.data(), h, w, 1, 0, peaks, 49);
    REQUIRE(found >= 1);
    CHECK(c99::galet_peaks(map.data(), h, w, 1, 0, peaks, 0) == found);
    const auto largest = std::max_element(map.begin(), map.end()) - map.begin();
    CHECK(std::any_of(peaks, peaks + found, [&](const int16_t* p) { return p[0] * w + p[1] == largest; }));
    for (int32_t i = 0; i < found; ++i)
      for (int32_t k = 0; k < i; ++k) CHECK((std::abs(peaks[i][0] - peaks[k][0]) > 1 || std::abs(peaks[i][1] - peaks[k][1]) > 1));
  }
  const std::vector<uint8_t> flat(20, 9);
  int16_t peaks[4][4];
  CHECK(c99::galet_peaks(flat.data(), 4, 5, 1, 9, peaks, 4) == 1);
  CHECK(c99::galet_peaks(flat.data(), 4, 5, 1, 10, peaks, 4) == 0);
}

TEST_CASE("top-k and argmax: the first of equal ones") {
  const std::vector<uint8_t> scores{4, 9, 1, 9, 9, 0};
  int32_t places[6];
  c99::galet_top_k(scores.data(), 6, 6, places);
  CHECK(std::vector<int32_t>(places, places + 6) == std::vector<int32_t>{1, 3, 4, 0, 2, 5});
  CHECK(c99::galet_argmax(scores.data(), 6) == 1);
}
