#include "galet/torch/prune/taylor.h"

#include <doctest/doctest.h>

#include <cmath>

#include "galet/core/error.h"
#include "galet/ir/rewriter.h"
#include "galet/torch/train/testing.h"

using namespace galet;
using namespace galet::torch;

TEST_CASE("taylor scores: what cannot change the loss scores nothing, and one weight's score is its derivative times itself") {
  Graph graph = train::testing::small_network();
  Rewriter rewriter(graph);
  const ValueId weight = *graph.find_value("fc.weight");
  Tensor data = graph.value(weight).constant;
  for (int64_t i = 0; i < 128; ++i) data.mutable_data<float>()[i] = i % 2 == 0 ? 0.0f : data.data<float>()[i];  // of class 0
  rewriter.set_constant(weight, data);
  const auto dataset = std::make_shared<train::testing::Quadrants>(64);
  const auto scores = taylor_scores(graph, dataset, {.samples = 64, .batch = 64});
  REQUIRE(scores.contains("fc.weight"));
  REQUIRE(scores.contains("conv.weight"));
  CHECK(scores.size() == 2);
  const std::vector<float>& fc = scores.at("fc.weight");
  double sum = 0;
  for (size_t i = 0; i < fc.size(); ++i) {
    CHECK(fc[i] >= 0);
    if (i < 128 && i % 2 == 0) CHECK(fc[i] == 0);
    sum += static_cast<double>(fc[i]);
  }
  CHECK(sum > 0);
  CHECK(taylor_scores(graph, dataset, {.samples = 64, .batch = 64}) == scores);
  CHECK_THROWS_AS(taylor_scores(graph, dataset, {.samples = 0}), Error);
}
