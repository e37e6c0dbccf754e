#include "galet/analysis/explain.h"

#include <doctest/doctest.h>

#include <cmath>

#include "galet/ir/rewriter.h"
#include "tests/support/random_net.h"

using namespace galet;
using namespace galet::analysis;

namespace {

QuantSpec spec_of(DType storage, std::vector<float> scales, int32_t zero_point, int axis) {
  QuantSpec spec;
  spec.storage = storage;
  spec.axis = axis;
  spec.zero_points.assign(scales.size(), zero_point);
  spec.scales = std::move(scales);
  if (storage == DType::i8) spec.qmin = -127, spec.qmax = 127;
  if (storage == DType::i32) spec.qmin = INT32_MIN, spec.qmax = INT32_MAX;
  return spec;
}

/// x (u8, scale 0.02, zero 130) -> `op` with random i8 weights and a bias -> u8.
Graph one_layer(const char* op, const Shape& src, const Shape& weight, int axis, Attributes attributes, bool real_result = false) {
  Random random(3);
  Graph graph;
  const ValueId x = graph.add_input("x", DType::f32, src);
  Tensor codes(DType::i8, weight);
  for (int64_t i = 0; i < codes.size(); ++i)
    codes.mutable_data<int8_t>()[i] = static_cast<int8_t>(static_cast<int>(random.below(255)) - 127);
  const int64_t channels = weight[static_cast<size_t>(axis)];
  std::vector<float> scales, bias_scales;
  for (int64_t c = 0; c < channels; ++c)
    scales.push_back(static_cast<float>(random.uniform(0.001, 0.01))), bias_scales.push_back(0.02f * scales.back());
  const ValueId w = graph.add_constant("w", codes, spec_of(DType::i8, scales, 0, axis));
  std::vector<ValueId> operands{x, w};
  if (std::string(op) != "matmul") {
    Tensor bias(DType::i32, {channels});
    for (int64_t c = 0; c < channels; ++c) bias.mutable_data<int32_t>()[c] = static_cast<int32_t>(random.below(2000)) - 1000;
    operands.push_back(graph.add_constant("b", bias, spec_of(DType::i32, bias_scales, 0, 0)));
  }
  const NodeId node = graph.add_node(ops::get(op), "layer", operands, std::move(attributes));
  graph.add_output(graph.result(node));
  Rewriter rewriter(graph, "test");
  rewriter.set_quant(x, spec_of(DType::u8, {0.02f}, 130, -1));
  if (!real_result) rewriter.set_quant(graph.result(node), spec_of(DType::u8, {0.15f}, 100, -1));
  verify(graph);
  return graph;
}

}  // namespace

TEST_CASE("explain: every result of every kind of layer, worked by hand, is the runtime's") {
  const std::string relu = "relu";
  struct Case {
    Graph graph;
    int64_t channels, rows, cols;
  };
  std::vector<Case> cases;
  cases.push_back({one_layer("conv2d", {1, 4, 7, 6}, {6, 2, 3, 3}, 0,
                             {{"pads", Ints{1, 1, 1, 1}}, {"strides", Ints{2, 1}}, {"group", int64_t{2}}, {"activation", relu}}),
                   6, 4, 6});
  cases.push_back(
      {one_layer("conv_transpose2d", {1, 3, 4, 4}, {3, 5, 3, 3}, 1, {{"pads", Ints{1, 1, 1, 1}}, {"strides", Ints{2, 2}}}), 5, 7, 7});
  cases.push_back({one_layer("linear", {1, 12}, {7, 12}, 0, {}), 7, 1, 1});
  cases.push_back({one_layer("matmul", {1, 12}, {12, 7}, 1, {}), 7, 1, 1});
  Graph few = one_layer("linear", {1, 12}, {7, 12}, 0, {});
  Rewriter rewriter(few, "test");
  QuantSpec book = spec_of(DType::u8, {0.15f}, 100, -1);
  book.levels = {0, 40, 80, 95, 100, 105, 120, 160, 255};
  rewriter.set_quant(few.outputs()[0], book);
  cases.push_back({few, 7, 1, 1});
  for (const Case& c : cases) {
    class Reals : public testing::RandomImages {
     public:
      explicit Reals(int64_t n) : RandomImages(2), n_(n) {}
      data::Sample get(int64_t i) const override {
        Random random(static_cast<uint64_t>(i));
        data::Sample sample;
        sample.tensor = testing::random_tensor(random, {n_}, 1);
        return sample;
      }

     private:
      int64_t n_;
    } images(count(c.graph.value(c.graph.inputs()[0]).shape));
    CAPTURE(c.graph.node(c.graph.order()[0]).op->name);
    for (int64_t channel = 0; channel < c.channels; ++channel)
      for (int64_t y = 0; y < c.rows; ++y)
        for (int64_t x = 0; x < c.cols; ++x) {
          ExplainOptions options;
          options.channel = channel, options.y = y, options.x = x, options.image = 1;
          const Explanation e = explain(c.graph, "layer", &images, options);
          REQUIRE(e.worked);
          CHECK(e.worked->code == e.worked->runtime_code);
          CHECK(std::abs(e.worked->fixed_point_code - e.worked->code) <= 1);
        }
    const Explanation e = explain(c.graph, "w", nullptr);
    CHECK(!e.worked);
    CHECK(e.chain.size() == 1);
    CHECK(e.chain_product == doctest::Approx(e.telescoped).epsilon(1e-12));
    CHECK(e.chain_product == doctest::Approx(static_cast<double>(e.m[0])).epsilon(1e-6));
    CHECK(e.m.size() == static_cast<size_t>(c.channels));
    if (e.activation == "relu") CHECK(e.lo == 100);
    CHECK(!e.src.origin);
  }
}

TEST_CASE("explain: a real result, and refusals") {
  const Graph real = one_layer("linear", {1, 432}, {7, 432}, 0, {}, true);
  const testing::RandomImages images(1);
  const Explanation e = explain(real, "layer", &images);
  CHECK(e.dst.scale == 0);
  CHECK(e.worked->scaled == e.worked->runtime_real);
  CHECK_THROWS_WITH_AS(explain(real, "x", nullptr), "no convolution or linear layer on integers is named \"x\", expected one of layer",
                       Error);
  CHECK_THROWS_WITH_AS(explain(testing::random_net(), "conv1", nullptr), doctest::Contains("quantize the network first"), Error);
  CHECK_THROWS_WITH_AS(explain(testing::random_net(), "sum", nullptr), doctest::Contains("no layer of this network runs on integers"),
                       Error);
}

TEST_CASE("fixed_point: within half a unit of the last place, powers of two and extremes") {
  for (const double m : {0.5, 1.0, 0.0123, 3e-9, 7.25, 0.99999999999, 1e6}) {
    const FixedPoint f = fixed_point(m);
    CAPTURE(m);
    CHECK(f.multiplier >= 1 << 30);
    CHECK(std::fabs(std::ldexp(static_cast<double>(f.multiplier), -f.shift) - m) <= m * 0x1p-31);
  }
  CHECK(fixed_point(1).multiplier == 1 << 30);
  CHECK(fixed_point(1).shift == 30);
  CHECK_THROWS_AS(fixed_point(0), Error);
  CHECK_THROWS_AS(fixed_point(INFINITY), Error);
}
