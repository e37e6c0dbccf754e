#include "galet/calibrate/calibrate.h"

#include <doctest/doctest.h>

#include <cmath>

#include "galet/data/loader.h"
#include "tests/support/random_net.h"

using namespace galet;
using calibrate::CalibrationOptions;

TEST_CASE("calibrate: statistics are those of the values, whatever the number of threads") {
  const testing::RandomImages images(60);
  for (const std::string observer : {"min_max", "percentile:99.9", "mse", "kl", "n_sigma:3"}) {
    CAPTURE(observer);
    CalibrationOptions options;
    options.observer = observer;
    options.samples = 40;
    options.threads = 1;
    Graph one = testing::random_net(), three = testing::random_net();
    const auto result = calibrate::calibrate(one, images, options);
    options.threads = 3;
    calibrate::calibrate(three, images, options);
    CHECK(result.images == 40);
    CHECK(result.values == 11);
    CHECK(one.info.calibration_samples.size() == 40);
    CHECK(one.info.metadata.at("observer") == observer);
    for (const ValueId id : one.values()) {
      CHECK(one.value(id).stats == three.value(id).stats);
      if (!one.value(id).is_constant()) CHECK(one.value(id).stats->observer == observer);
    }
  }
}

TEST_CASE("calibrate: exact extremes of the chosen images only") {
  const testing::RandomImages images(30);
  Graph graph = testing::random_net();
  CalibrationOptions options;
  options.samples = 10;
  options.seed = 3;
  options.values = {graph.inputs()[0]};
  calibrate::calibrate(graph, images, options);
  float low = INFINITY, high = -INFINITY;
  for (const int64_t i : data::random_indices(images, 10, 3)) {
    const data::Sample sample = images.get(i);
    for (const float x : sample.tensor.span<float>()) low = std::min(low, x), high = std::max(high, x);
  }
  const Stats& stats = *graph.value(graph.inputs()[0]).stats;
  CHECK(stats.min == low);
  CHECK(stats.max == high);
  CHECK(stats.count == 10 * 3 * 12 * 12);
  CHECK(!graph.value(*graph.find_value("sum")).stats);
}

TEST_CASE("calibrate: refusals") {
  Graph graph = testing::random_net();
  CHECK_THROWS_WITH_AS(calibrate::calibrate(graph, testing::RandomImages(0)), "0 random images: no images", Error);
  CalibrationOptions options;
  options.observer = "best";
  CHECK_THROWS_WITH_AS(calibrate::calibrate(graph, testing::RandomImages(3), options), doctest::Contains("unknown observer \"best\""),
                       Error);
  options = {};
  options.samples = 0;
  CHECK_THROWS_AS(calibrate::calibrate(graph, testing::RandomImages(3), options), Error);
}
