#include <doctest/doctest.h>

#include <algorithm>

#include "galet/pipeline/clip_weights.h"
#include "galet/pipeline/sensitivity.h"
#include "galet/pipeline/study.h"
#include "galet/pipeline/sweep.h"
#include "tests/support/random_net.h"

using namespace galet;
using namespace galet::pipeline;

namespace {

SweepOptions small() {
  SweepOptions options;
  options.recipe.calibration.samples = 10;
  options.limit = 20;
  options.threads = 1;
  return options;
}

/// Counts the images run, as a user's progress bar would.
struct Counting : Progress {
  int64_t total = 0, done = 0, starts = 0;
  void start(std::string_view, int64_t n) override { ++starts, total = n; }
  void update(int64_t n) override { done = n; }
  void finish() override {}
};

}  // namespace

TEST_CASE("sweep: lists of values, sensible and absurd") {
  const SweepRule& rule = sweep_rule("n_sigma");
  CHECK(parse_values(rule, "0.5:2:0.5") == std::vector<double>{0.5, 1, 1.5, 2});
  CHECK(parse_values(rule, "0.1:0.3:0.1") == std::vector<double>{0.1, 0.2, 0.3});
  CHECK(parse_values(rule, "3,1,3,2:4:1") == std::vector<double>{1, 2, 3, 4});
  for (const char* text : {"", "a", "1,", ",1", "1:2", "1:2:3:4", "2:1:1", "1:2:0", "1:2:-1", "nan", "inf", "-1", "0", "1e9",
                           "1:1000:0.001", "1 2", "0x3", "1;2"}) {
    CAPTURE(text);
    CHECK_THROWS_AS(parse_values(rule, text), Error);
  }
  CHECK_THROWS_WITH_AS(parse_values(sweep_rule("weight_bits"), "2.5"), "--bits 2.5: expected whole numbers from 2 to 8", Error);
  CHECK_THROWS_WITH_AS(sweep_rule("colour"), "unknown sweep \"colour\", expected one of n_sigma, weight_bits, prune, prune_layers", Error);
}

TEST_CASE("sweep: every rule gives its points in order, one evaluation each, and resumes where it was") {
  const Graph graph = testing::random_net();
  const testing::RandomImages images(40);
  for (const SweepRule& rule : sweep_rules()) {
    CAPTURE(rule.name);
    SweepOptions options = small();
    options.values = {rule.values.front(), rule.values.back()};
    Counting progress;
    evaluate::Sweep kept;
    size_t calls = 0;
    const evaluate::Sweep whole = sweep(
        rule, graph, images, images, options, {}, [&](const evaluate::Sweep& s) { kept = s, ++calls; }, progress);
    CHECK(whole.points.size() == calls);
    CHECK(progress.total == static_cast<int64_t>(calls + 1) * 20);
    CHECK(progress.done == progress.total);
    CHECK(whole.reference.images == 20);
    if (rule.by_layer) {
      CHECK(whole.points[1].value == 1);
      CHECK(whole.points.back().value * 2 + 2 == whole.points.size());
    } else {
      CHECK(whole.points.front().value == rule.values.front());
      const double first = whole.points.front().measured.from_float.sqnr_db, last = whole.points.back().measured.from_float.sqnr_db;
      CHECK((rule.prunes ? first > last : last > first));
    }
    if (rule.prunes) CHECK(whole.points.front().measured.stored_bytes > 0);

    // Cut after the first point: only the others are measured again, and the numbers are the same.
    evaluate::Sweep cut = kept;
    cut.points.resize(1);
    size_t again = 0;
    const evaluate::Sweep resumed = sweep(rule, graph, images, images, options, cut, [&](const evaluate::Sweep&) { ++again; });
    CHECK(again == calls - 1);
    for (size_t i = 0; i < whole.points.size(); ++i) {
      CHECK(resumed.points[i].label == whole.points[i].label);
      CHECK(resumed.points[i].measured.top1_correct == whole.points[i].measured.top1_correct);
      CHECK(resumed.points[i].measured.from_float.kl == whole.points[i].measured.from_float.kl);
    }
    Counting nothing;
    sweep(
        rule, graph, images, images, options, resumed, [&](const evaluate::Sweep&) { FAIL("measured what was known"); }, nothing);
    CHECK(nothing.starts == 0);
  }
}

TEST_CASE("sweep: one image without a label is enough") {
  const Graph graph = testing::random_net();
  const testing::RandomImages images(1);
  const SweepRule& rule = sweep_rule("n_sigma");
  SweepOptions options = small();
  options.values = {2};
  for (const std::string_view apply : rule.apply) {
    options.apply = apply;
    const evaluate::Sweep result = sweep(rule, graph, images, images, options, {}, [](const auto&) {});
    CHECK(result.points.size() == 5);
    CHECK(result.points[0].measured.images == 1);
  }
}

TEST_CASE("sweep: results of other settings are refused by what differs") {
  evaluate::StudySettings a{"net", "w", "c", "d", "r"}, b = a;
  CHECK_NOTHROW(check_settings(a, b, "f"));
  b.data = "e";
  CHECK_THROWS_WITH_AS(check_settings(a, b, "f"), doctest::Contains("f holds results of another data set (d; now e)"), Error);
}

TEST_CASE("clip_weights: 1 sigma moves about a third of normal weights, min_max none, and every channel by itself") {
  quantize::QuantizeOptions options;
  Graph graph = testing::random_net();
  CHECK(clip_weights(graph, "min_max", options) == 0);
  const double moved = clip_weights(graph, "n_sigma:1", options);
  CHECK(moved > 0.15);
  CHECK(moved < 0.5);
  CHECK(clip_weights(graph, "n_sigma:1000", options) == 0);
  CHECK_THROWS_AS(clip_weights(graph, "nonsense", options), Error);
}

TEST_CASE("sensitivity: layers x bits, fewer bits hurt more, resumed points are kept") {
  const Graph graph = testing::random_net();
  const testing::RandomImages images(30);
  SensitivityOptions options;
  options.recipe = small().recipe;
  options.bits = {8, 2};
  options.limit = 10;
  evaluate::Sensitivity half;
  const evaluate::Sensitivity whole = sensitivity(graph, images, images, options, {}, [&](const auto& s) {
    if (s.points.size() == 3) half = s;
  });
  REQUIRE(!whole.layers.empty());
  REQUIRE(whole.points.size() == 2 * whole.layers.size());
  for (size_t i = 0; i < whole.points.size(); i += 2) {
    CHECK(whole.points[i].layer == whole.layers[i / 2]);
    CHECK(whole.points[i].bits == 8);
    CHECK(whole.points[i].measured.from_float.sqnr_db > whole.points[i + 1].measured.from_float.sqnr_db + 10);
    CHECK(whole.points[i].measured.weight_bytes > whole.points[i + 1].measured.weight_bytes);
  }
  size_t calls = 0;
  const evaluate::Sensitivity resumed = sensitivity(graph, images, images, options, half, [&](const auto&) { ++calls; });
  CHECK(calls == whole.points.size() - 3);
  for (size_t i = 0; i < whole.points.size(); ++i)
    CHECK(resumed.points[i].measured.from_float.kl == whole.points[i].measured.from_float.kl);
  options.bits = {1};
  CHECK_THROWS_AS(sensitivity(graph, images, images, options, {}, [](const auto&) {}), Error);
  Graph empty;
  empty.add_output(empty.add_input("x", DType::f32, {1, 3, 4, 4}));
  options.bits = {8};
  CHECK_THROWS_WITH_AS(sensitivity(empty, images, images, options, {}, [](const auto&) {}),
                       doctest::Contains("no convolution or linear layer"), Error);
}

TEST_CASE("study: images are spread evenly") {
  const testing::RandomImages images(40);
  const SpreadImages spread(images, 4);
  CHECK(spread.size() == 4);
  CHECK(spread.sample_name(3) == images.sample_name(30));
  CHECK(SpreadImages(images, 0).size() == 40);
  CHECK(SpreadImages(images, 400).size() == 40);
}
