#include <doctest/doctest.h>

#include <algorithm>

#include "galet/evaluate/accuracy.h"
#include "galet/evaluate/latency.h"
#include "galet/runtime/session.h"
#include "tests/support/random_net.h"

using namespace galet;
using namespace galet::evaluate;

TEST_CASE("accuracy: counts as by hand, whatever the number of threads") {
  const Graph graph = testing::random_net();
  const testing::RandomImages images(37);
  runtime::Session session(graph);
  int64_t top1 = 0, top5 = 0;
  std::vector<float> scores;
  for (int64_t i = 0; i < images.size(); ++i) {
    const Tensor image = images.get(i).tensor.reshaped({1, 3, 12, 12});
    const Tensor result = session.run(std::span(&image, 1))[0];
    const auto p = result.span<float>();
    scores.insert(scores.end(), p.begin(), p.end());
    const auto higher = std::count_if(p.begin(), p.end(), [&](float s) { return s > p[static_cast<size_t>(images.label(i))]; });
    top1 += higher == 0;
    top5 += higher < 5;
  }
  for (const int threads : {1, 3}) {
    AccuracyOptions options;
    options.threads = threads;
    options.keep = Keep::outputs;
    const Accuracy result = accuracy(graph, images, options);
    CHECK(result.images == 37);
    CHECK(result.labelled);
    CHECK(result.top1_correct == top1);
    CHECK(result.top5_correct == top5);
    CHECK(result.top1 == doctest::Approx(static_cast<double>(top1) / 37));
    CHECK(result.outputs.shape() == Shape{37, 10});
    CHECK(std::equal(scores.begin(), scores.end(), result.outputs.data<float>()));
  }
  AccuracyOptions options;
  options.limit = 5;
  CHECK(accuracy(graph, images, options).images == 5);
  CHECK(!accuracy(graph, images, options).outputs);
}

TEST_CASE("accuracy: refuses what gives no scores") {
  Graph graph;
  const ValueId x = graph.add_input("x", DType::f32, {1, 3, 12, 12});
  graph.add_output(graph.result(graph.add_node(ops::get("relu"), "y", {x})));
  CHECK_THROWS_WITH_AS(accuracy(graph, testing::RandomImages(3)), doctest::Contains("expected scores (1, classes)"), Error);
  Graph few;
  const ValueId z = few.add_input("x", DType::f32, {1, 3, 12, 12});
  few.add_output(few.result(few.add_node(ops::get("global_average_pool"), "y", {z})));
  CHECK_THROWS_WITH_AS(accuracy(few, testing::RandomImages(30)), doctest::Contains("has label 3, but the network knows 3 classes"), Error);
}

TEST_CASE("latency: ordered quantiles of enough runs, layers on demand") {
  LatencyOptions options;
  options.warmup_seconds = 0;
  options.seconds = 0;
  options.runs = 9;
  const Latency result = latency(testing::random_net(), options);
  CHECK(result.runs == 9);
  CHECK(result.p5_ms > 0);
  CHECK(result.p5_ms <= result.median_ms);
  CHECK(result.median_ms <= result.p95_ms);
  CHECK(!result.isa.empty());
  CHECK(result.layers.empty());
  options.layers = true;
  CHECK(!latency(testing::random_net(), options).layers.empty());
  CHECK(peak_memory_bytes() > 1 << 20);
}
