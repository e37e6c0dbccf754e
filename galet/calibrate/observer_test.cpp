#include "galet/calibrate/observer.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "galet/calibrate/moments.h"
#include "galet/core/error.h"
#include "galet/core/random.h"

using namespace galet;
using namespace galet::calibrate;

namespace {

struct Seen {
  Histogram histogram;
  Moments moments;
  std::vector<float> sorted;
  explicit Seen(std::vector<float> values) : moments(moments_of(values)), sorted(values) {
    histogram.add(values, moments.min, moments.max);
    std::sort(sorted.begin(), sorted.end());
  }
  Range by(const std::string& observer) const {
    return parse_observer(observer).range({moments.count, moments.min, moments.max, moments.mean, moments.sigma(), &histogram});
  }
};

std::vector<float> normal(size_t n, double deviation = 1) {
  Random random(5);
  std::vector<float> values(n);
  for (float& x : values) x = static_cast<float>(random.normal() * deviation);
  return values;
}

std::vector<float> relu(std::vector<float> values) {
  for (float& x : values) x = std::max(x, 0.0f);
  return values;
}

}  // namespace

TEST_CASE("observers: names, parameters, refusals") {
  for (const ObserverRule& rule : observer_rules()) {
    const Observer observer = parse_observer(rule.name);
    CHECK(observer.parameter == rule.parameter);
    CHECK(parse_observer(observer.text()).parameter == observer.parameter);
  }
  CHECK(parse_observer("n_sigma:2.5").text() == "n_sigma:2.5");
  CHECK_THROWS_WITH_AS(parse_observer("max"), "unknown observer \"max\", expected one of min_max, percentile:99.999, n_sigma:6, mse, kl",
                       Error);
  CHECK_THROWS_WITH_AS(parse_observer("mse:3"), doctest::Contains("takes no parameter"), Error);
  for (const char* text : {"percentile:101", "percentile:", "percentile:9x", "n_sigma:0", "n_sigma:nan"})
    CHECK_THROWS_AS(parse_observer(text), Error);
}

TEST_CASE("moments: as two passes in long double, and mergeable") {
  std::vector<float> values = normal(1003, 0.5);
  for (float& x : values) x += 300;
  long double sum = 0, squares = 0;
  for (const float x : values) sum += x;
  const long double mean = sum / 1003;
  for (const float x : values) squares += (x - mean) * (x - mean);
  const Moments whole = moments_of(values);
  CHECK(whole.mean == doctest::Approx(static_cast<double>(mean)).epsilon(1e-12));
  CHECK(whole.sigma() == doctest::Approx(static_cast<double>(std::sqrt(squares / 1003))).epsilon(1e-9));
  CHECK(whole.min == *std::min_element(values.begin(), values.end()));
  CHECK(whole.max == *std::max_element(values.begin(), values.end()));
  Moments parts = moments_of(std::span(values).first(400));
  parts.merge(moments_of(std::span(values).subspan(400)));
  CHECK(parts.mean == doctest::Approx(whole.mean).epsilon(1e-12));
  CHECK(parts.sigma() == doctest::Approx(whole.sigma()).epsilon(1e-9));
  values[500] = NAN;
  CHECK(!moments_of(values).finite);
}

TEST_CASE("percentile: exact to a bin") {
  const Seen seen(normal(100000));
  for (const double p : {90.0, 99.0, 99.9, 99.99}) {
    const Range range = seen.by("percentile:" + std::to_string(p));
    const size_t tail = static_cast<size_t>(std::llround(100000 * (100 - p) / 100));
    CHECK(std::fabs(range.min - seen.sorted[tail]) <= 2 * seen.histogram.width());
    CHECK(std::fabs(range.max - seen.sorted[seen.sorted.size() - 1 - tail]) <= 2 * seen.histogram.width());
  }
  CHECK(seen.by("percentile:100").max == seen.sorted.back());
  CHECK(seen.by("percentile:100").min == seen.sorted.front());
  CHECK(Seen(relu(normal(1000))).by("percentile:99").min == 0);
}

TEST_CASE("n_sigma: intersected with what was seen") {
  const Seen both(normal(100000, 2));
  CHECK(both.by("n_sigma:1.5").min == doctest::Approx(-3.0).epsilon(0.02));
  CHECK(both.by("n_sigma:1.5").max == doctest::Approx(3.0).epsilon(0.02));
  CHECK(both.by("n_sigma:100").max == both.moments.max);
  const Seen positive(relu(normal(100000)));
  CHECK(positive.by("n_sigma:3").min == 0);
  CHECK(positive.by("n_sigma:3").max < positive.moments.max);
}

// Max (1960), table II, carried on to 256 levels: the best uniform quantizer of a normal distribution has a step of 0.0308 sigma, that is,
// ends at +-3.93 sigma.
TEST_CASE("mse: the known optimum for a normal distribution") {
  const Seen seen(normal(2000000));
  const Range range = seen.by("mse");
  CHECK(range.max == doctest::Approx(3.93).epsilon(0.04));
  CHECK(range.min == doctest::Approx(-3.93).epsilon(0.04));
}

namespace {

double error_of(const std::vector<float>& values, double low, double high) {
  const double scale = (high - low) / 255, zero_point = std::nearbyint(-low / scale);
  double sum = 0;
  for (const float x : values) {
    const double error = x - scale * (std::clamp(std::nearbyint(x / scale + zero_point), 0.0, 255.0) - zero_point);
    sum += error * error;
  }
  return sum;
}

}  // namespace

TEST_CASE("mse: as good as trying every range on the values themselves") {
  for (const float outlier : {5.0f, 12.0f, 40.0f, 400.0f}) {
    CAPTURE(outlier);
    std::vector<float> values = relu(normal(30000));
    values[1000] = outlier;
    const Seen seen(values);
    double least = INFINITY;
    for (int i = 1; i <= 400; ++i) least = std::min(least, error_of(values, 0, seen.moments.max * i / 400.0));
    const Range range = seen.by("mse");
    CHECK(range.min == 0);
    CHECK(error_of(values, 0, range.max) <= 1.02 * least);
  }
}

TEST_CASE("mse and kl: keep a uniform distribution, never beyond what was seen; kl cuts a lone outlier") {
  Random random(6);
  std::vector<float> uniform(200000);
  for (float& x : uniform) x = static_cast<float>(random.uniform(0, 4));
  for (const std::string name : {"mse", "kl"}) {
    CAPTURE(name);
    const Seen flat(uniform);
    CHECK(flat.by(name).max > 3.9f);
    CHECK(flat.by(name).max <= flat.moments.max);
    const Seen zeros(std::vector<float>(100, 0.0f)), constant(std::vector<float>(100, 2.5f));
    CHECK(zeros.by(name).max == 0);
    CHECK(constant.by(name).max == 2.5f);
  }
  std::vector<float> outlier = relu(normal(200000));
  outlier[1000] = 40;
  const Seen spiked(outlier);
  CHECK(spiked.by("kl").min == 0);
  CHECK(spiked.by("kl").max < 10);
  CHECK(spiked.by("kl").max > 2.5f);
}
