#include <doctest/doctest.h>

#include <cmath>
#include <limits>

#include "galet/analysis/compare.h"
#include "galet/analysis/cost.h"
#include "galet/ir/rewriter.h"
#include "tests/support/random_net.h"

using namespace galet;
using namespace galet::analysis;

TEST_CASE("cost: parameters, multiply-accumulates and bytes by hand") {
  const Graph graph = testing::random_net();
  const Cost total = cost(graph);
  CHECK(total.parameters == 8 * 27 + 8 + 3 * (8 * 72 + 8) + 160 + 10);
  CHECK(total.macs == 144 * (8 * 27 + 3 * 8 * 72) + 160);
  CHECK(total.weight_bytes == 4 * total.parameters);
  REQUIRE(total.layers.size() == 10);
  CHECK(total.layers[0].name == "conv1");
  CHECK(total.layers[0].op == "conv2d");
  CHECK(total.layers[0].src == Shape{1, 3, 12, 12});
  CHECK(total.layers[0].dst == Shape{1, 8, 12, 12});
  CHECK(total.layers[0].activation_bytes == 8 * 144 * 4);
  CHECK(total.layers[0].precision == "f32");
  CHECK(total.largest_activation_bytes == 4 * 144 * 32);
}

TEST_CASE("compare: equal graphs agree, a known error is found where it is") {
  const Graph graph = testing::random_net();
  Graph other = graph;
  CompareOptions options;
  options.images = 20;
  const testing::RandomImages images(40);
  const Comparison same = compare(graph, other, images, options);
  CHECK(same.images == 20);
  CHECK(same.agreement == 1);
  CHECK(same.layers.size() == 11);
  for (const LayerError& layer : same.layers) CHECK(layer.sqnr_db == std::numeric_limits<double>::infinity());

  Rewriter rewriter(other);
  const ValueId bias = *other.find_value("conv2.bias");
  Tensor shifted = Tensor::from<float>({8}, other.value(bias).constant.span<float>());
  for (int64_t i = 0; i < 8; ++i) shifted.mutable_data<float>()[i] += 0.5f;
  rewriter.set_constant(bias, shifted);
  for (const int threads : {1, 3}) {
    options.threads = threads;
    const Comparison result = compare(graph, other, images, options);
    for (const LayerError& layer : result.layers) {
      CAPTURE(layer.name);
      if (layer.name == "input" || layer.name == "conv1") CHECK(std::isinf(layer.sqnr_db));
      if (layer.name != "conv2") continue;
      CHECK(layer.op == "conv2d");
      CHECK(layer.mean_error == doctest::Approx(0.5).epsilon(1e-4));
      CHECK(layer.max_error == doctest::Approx(0.5).epsilon(1e-4));
    }
    for (size_t i = 1; i < result.layers.size(); ++i) CHECK(result.layers[i - 1].sqnr_db <= result.layers[i].sqnr_db);
  }
}

TEST_CASE("compare: refuses networks that have nothing in common") {
  Graph other;
  const ValueId x = other.add_input("image", DType::f32, {1, 3, 12, 12});
  other.add_output(other.result(other.add_node(ops::get("relu"), "y", {x})));
  CHECK_THROWS_WITH_AS(compare(testing::random_net(), other, testing::RandomImages(2)), doctest::Contains("no value of the same name"),
                       Error);
}
