#include "galet/calibrate/histogram.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "galet/core/random.h"

using namespace galet;
using galet::calibrate::Histogram;

namespace {

void add(Histogram& histogram, std::span<const float> values) {
  const auto [low, high] = std::minmax_element(values.begin(), values.end());
  histogram.add(values, *low, *high);
}

bool same(const Histogram& a, const Histogram& b) {
  return a.width() == b.width() && a.edge(0) == b.edge(0) && a.zeros() == b.zeros() &&
         std::equal(a.bins().begin(), a.bins().end(), b.bins().begin(), b.bins().end());
}

}  // namespace

TEST_CASE("histogram: each value in its bin, however wide the range becomes") {
  Random random(3);
  for (const double offset : {0.0, -5.0, 1000.0}) {
    std::vector<float> values(5000);
    for (size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(offset + random.normal() * (i < 2500 ? 0.01 : 30.0));
    values[17] = values[18] = 0;
    Histogram histogram;
    for (size_t at = 0; at < values.size(); at += 100) add(histogram, std::span(values).subspan(at, 100));
    CHECK(histogram.total() == 5000);
    CHECK(histogram.zeros() == 2);
    CHECK(std::accumulate(histogram.bins().begin(), histogram.bins().end(), uint64_t{0}) == 5000);
    CHECK(histogram.bins().size() > Histogram::kBins / 2);
    CHECK(histogram.bins().size() <= Histogram::kBins);
    std::vector<uint64_t> expected(histogram.bins().size(), 0);
    for (const float x : values)
      ++expected.at(static_cast<size_t>(std::floor(x / histogram.width()) - histogram.edge(0) / histogram.width()));
    CHECK(std::equal(expected.begin(), expected.end(), histogram.bins().begin()));
    if (histogram.zero_bin() < histogram.bins().size()) CHECK(histogram.edge(histogram.zero_bin()) == 0);
  }
}

TEST_CASE("histogram: order and splitting do not matter") {
  Random random(4);
  std::vector<float> values(20000);
  for (float& x : values) x = static_cast<float>(std::exp(random.normal() * 3));
  Histogram forward, backward, left, right;
  for (size_t at = 0; at < values.size(); at += 1000) {
    add(forward, std::span(values).subspan(at, 1000));
    add(at % 3000 == 0 ? left : right, std::span(values).subspan(at, 1000));
  }
  for (size_t at = values.size(); at > 0; at -= 500) add(backward, std::span(values).subspan(at - 500, 500));
  CHECK(same(forward, backward));
  Histogram other = right;
  other.merge(left);
  left.merge(right);
  CHECK(same(forward, left));
  CHECK(same(forward, other));
}

TEST_CASE("histogram: constants, zeros and extremes") {
  for (const float x : {0.0f, 1.0f, -3e38f, 1e-40f, 7.0f}) {
    Histogram histogram;
    const std::vector<float> values(10, x);
    add(histogram, values);
    CHECK(histogram.bins().size() == 1);
    CHECK(histogram.bins()[0] == 10);
    CHECK(histogram.edge(0) <= static_cast<double>(x));
    CHECK(histogram.edge(1) >= static_cast<double>(x));
  }
  Histogram histogram;
  add(histogram, std::vector<float>{-3e38f, 3e38f, 0.0f});
  CHECK(histogram.total() == 3);
}
