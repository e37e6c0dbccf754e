#include "galet/quantize/quantize.h"

#include <doctest/doctest.h>

#include <cmath>

#include "galet/calibrate/calibrate.h"
#include "galet/quantize/activation_specs.h"
#include "galet/quantize/correct_bias.h"
#include "galet/runtime/session.h"
#include "tests/support/random_net.h"

using namespace galet;
using namespace galet::quantize;

namespace {

Graph calibrated(const QuantizeOptions& options = {}, const std::string& observer = "min_max") {
  Graph graph = testing::random_net();
  calibrate::CalibrationOptions calibration;
  calibration.observer = observer;
  calibration.samples = 32;
  calibration.threads = 1;
  calibration.values = values_to_calibrate(graph, options);
  calibrate::calibrate(graph, testing::RandomImages(32), calibration);
  return graph;
}

const Value& value(const Graph& graph, std::string_view name) { return graph.value(*graph.find_value(name)); }

/// 10 log10(signal / noise) of the first output over some images.
double sqnr(const Graph& a, const Graph& b) {
  runtime::Session first(a), second(b);
  const testing::RandomImages images(20, 9);
  double signal = 0, noise = 0;
  for (int64_t i = 0; i < images.size(); ++i) {
    const Tensor image = images.get(i).tensor.reshaped({1, 3, 12, 12});
    const Tensor x = first.run(std::span(&image, 1))[0], y = second.run(std::span(&image, 1))[0];
    for (int64_t j = 0; j < x.size(); ++j) {
      const double p = static_cast<double>(x.data<float>()[j]), q = static_cast<double>(y.data<float>()[j]);
      signal += p * p;
      noise += (p - q) * (p - q);
    }
  }
  return 10 * std::log10(signal / noise);
}

}  // namespace

TEST_CASE("u8_spec: zero has a code, ends are covered to half a step") {
  for (const auto& [low, high] : {std::pair{-1.0, 3.0}, {0.0, 6.0}, {-2.0, 0.0}, {1.0, 2.0}, {-0.001, 1000.0}}) {
    const QuantSpec spec = u8_spec(low, high);
    const double scale = static_cast<double>(spec.scales[0]), zero = spec.zero_points[0];
    CHECK(zero >= 0);
    CHECK(zero <= 255);
    CHECK(scale * (0 - zero) <= std::min(low, 0.0) + 0.51 * scale);
    CHECK(scale * (255 - zero) >= std::max(high, 0.0) - 0.51 * scale);
  }
  CHECK(u8_spec(0, 0).scales[0] == 1);
}

TEST_CASE("static: integers from end to end, facts as docs/arithmetic.md wants them") {
  Graph graph = calibrated();
  const Quantization result = quantize::quantize(graph);
  CHECK(result.interior_dequantizes == 0);
  CHECK(result.integer_nodes == 9);
  CHECK(result.float_nodes == 1);
  REQUIRE(result.remarks.size() == 1);
  CHECK(result.remarks[0].node == "probabilities");
  CHECK(result.remarks[0].reason == "the operator has no integer form");
  for (const char* name : {"conv1", "sum", "left"}) {
    CAPTURE(name);
    if (std::string(name) != "left") CHECK(value(graph, name).quant->zero_points[0] == 0);  // behind relu
    CHECK(value(graph, name).quant->storage == DType::u8);
  }
  CHECK(value(graph, "left").quant == value(graph, "joined").quant);
  CHECK(value(graph, "right").quant == value(graph, "joined").quant);
  CHECK(value(graph, "pooled").quant == value(graph, "flat").quant);
  CHECK(!value(graph, "probabilities").quant);
  const Value& weight = value(graph, "conv2.weight");
  CHECK(weight.constant.dtype() == DType::i8);
  CHECK(weight.quant->scales.size() == 8);
  const Value& bias = value(graph, "conv2.bias");
  CHECK(bias.constant.dtype() == DType::i32);
  for (size_t c = 0; c < 8; ++c) CHECK(bias.quant->scales[c] == value(graph, "conv1").quant->scales[0] * weight.quant->scales[c]);
  CHECK(result.weight_bytes == 8 * 27 + 3 * 8 * 72 + 160 + 4 * (4 * 8 + 10));
  CHECK(sqnr(testing::random_net(), graph) > 25);
  CHECK_THROWS_WITH_AS(quantize::quantize(graph), doctest::Contains("is quantized already"), Error);
}

TEST_CASE("static: observers clip values inside, never the answer") {
  Graph graph = calibrated({}, "n_sigma:1");
  const Stats inside = *value(graph, "conv2").stats, scores = *value(graph, "fc").stats;
  quantize::quantize(graph);
  CHECK(value(graph, "conv2").quant == u8_spec(inside.clip_min, inside.clip_max));
  CHECK(inside.clip_max < inside.max);
  CHECK(value(graph, "fc").quant == u8_spec(scores.min, scores.max));
  CHECK(scores.clip_max < scores.max);
}

TEST_CASE("static: options") {
  QuantizeOptions options;
  options.share_concat = false;
  Graph graph = calibrated(options);
  quantize::quantize(graph, options);
  CHECK(value(graph, "left").quant->zero_points[0] == 0);
  CHECK(value(graph, "right").quant->zero_points[0] > 0);
  CHECK(sqnr(testing::random_net(), graph) > 25);

  options = {};
  options.float_outputs = true;
  graph = calibrated(options);
  quantize::quantize(graph, options);
  CHECK(!value(graph, "fc").quant);
  CHECK(value(graph, "flat").quant);
  CHECK(sqnr(testing::random_net(), graph) > 25);

  options = {};
  options.keep_float = {"conv2"};
  graph = calibrated(options);
  const Quantization result = quantize::quantize(graph, options);
  CHECK(value(graph, "conv2.weight").constant.dtype() == DType::f32);
  CHECK(result.interior_dequantizes == 1);
  CHECK(result.remarks[0].reason == "asked for");
  options.keep_float = {"conv9"};
  graph = testing::random_net();
  CHECK_THROWS_WITH_AS(quantize::quantize(graph, options), doctest::Contains("no node is named \"conv9\""), Error);
  CHECK_THROWS_WITH_AS(quantize::quantize(graph), doctest::Contains("calibrate the network before"), Error);
}

TEST_CASE("dynamic: weighted layers only, ranges at run time") {
  QuantizeOptions options;
  options.mode = Mode::dynamic;
  Graph graph = testing::random_net();
  CHECK(values_to_calibrate(graph, options).empty());
  const Quantization result = quantize::quantize(graph, options);
  CHECK(result.integer_nodes == 5);
  CHECK(value(graph, "input").quant->dynamic);
  CHECK(value(graph, "sum").quant->dynamic);
  CHECK(!value(graph, "joined").quant);
  CHECK(value(graph, "fc.weight").constant.dtype() == DType::i8);
  CHECK(value(graph, "fc.bias").constant.dtype() == DType::f32);
  CHECK(graph.info.metadata.at("mode") == "dynamic");
  CHECK(sqnr(testing::random_net(), graph) > 25);
}

TEST_CASE("weights shared by layers stay shared, their bias does not; a float reader keeps its own") {
  Random random(2);
  Graph graph;
  const ValueId x = graph.add_input("x", DType::f32, {1, 3, 12, 12});
  const ValueId weight = graph.add_constant("w", testing::random_tensor(random, {3, 3, 1, 1}, 0.5));
  const ValueId bias = graph.add_constant("b", testing::random_tensor(random, {3}, 0.5));
  const ValueId a = graph.result(graph.add_node(ops::get("conv2d"), "a", {x, weight, bias}));
  const ValueId b = graph.result(graph.add_node(ops::get("conv2d"), "b2", {a, weight, bias}));
  graph.add_output(graph.result(graph.add_node(ops::get("softmax"), "s", {b}, {{"axis", int64_t{1}}})));
  QuantizeOptions options;
  for (const bool keep : {false, true}) {
    Graph g = graph;
    if (keep) options.keep_float = {"b2"};
    calibrate::CalibrationOptions calibration;
    calibration.values = values_to_calibrate(g, options);
    calibrate::calibrate(g, testing::RandomImages(4), calibration);
    quantize::quantize(g, options);
    const Node &first = g.node(*g.find_node("a")), &second = g.node(*g.find_node("b2"));
    CHECK((first.operands[1] == second.operands[1]) == !keep);
    CHECK(first.operands[2] != second.operands[2]);
    CHECK(sqnr(graph, g) > 25);
  }
}

TEST_CASE("correct_bias: mean errors shrink") {
  const Graph reference = testing::random_net();
  Graph graph = calibrated({}, "percentile:99");
  QuantizeOptions coarse;
  quantize::quantize(graph, coarse);
  // A bias that is wrong on purpose stands for the shift that coarse weights cause.
  Rewriter rewriter(graph);
  const ValueId bias = *graph.find_value("conv2.bias");
  Tensor codes = graph.value(bias).constant;
  for (int64_t i = 0; i < codes.size(); ++i) codes.mutable_data<int32_t>()[i] += 3000;
  rewriter.set_constant(bias, codes);
  const double before = sqnr(reference, graph);
  CorrectBiasOptions options;
  options.samples = 16;
  options.threads = 1;
  const Remarks remarks = correct_bias(graph, reference, testing::RandomImages(32), options);
  CHECK(remarks.size() == 5);
  CHECK(sqnr(reference, graph) > before + 3);
  Graph again = graph;
  correct_bias(again, reference, testing::RandomImages(32), options);
  for (const char* name : {"conv1.bias", "conv2.bias", "fc.bias"})
    for (int64_t i = 0; i < value(graph, name).constant.size(); ++i)  // a second time there is next to nothing left to correct
      CHECK(std::abs(value(again, name).constant.data<int32_t>()[i] - value(graph, name).constant.data<int32_t>()[i]) <= 60);
}

// Squeeze-and-excite with hard functions (MobileNetV3), padding, resizing, transposed and depthwise convolution (U-Net, detectors): nothing
// inside stays float.
TEST_CASE("static: no float island in the blocks of usual networks") {
  Random random(7);
  Graph graph;
  auto node = [&](const char* op, const std::string& name, std::vector<ValueId> operands, Attributes attributes = {}) {
    return graph.result(graph.add_node(ops::get(op), name, std::move(operands), std::move(attributes)));
  };
  auto weight = [&](const std::string& name, Shape shape) {
    return graph.add_constant(name, testing::random_tensor(random, std::move(shape), 0.4));
  };
  const Attributes same{{"pads", Ints{1, 1, 1, 1}}};
  const ValueId x = graph.add_input("x", DType::f32, {1, 3, 12, 12});
  const ValueId stem = node("hard_swish", "stem.act", {node("conv2d", "stem", {x, weight("stem.w", {8, 3, 3, 3})}, same)});
  const ValueId depth =
      node("conv2d", "depth", {stem, weight("depth.w", {8, 1, 3, 3})}, {{"pads", Ints{1, 1, 1, 1}}, {"group", int64_t{8}}});
  const ValueId squeeze = node("conv2d", "squeeze", {node("global_average_pool", "pool", {depth}), weight("squeeze.w", {4, 8, 1, 1})},
                               {{"activation", std::string("relu")}});
  const ValueId gate = node("hard_sigmoid", "gate", {node("conv2d", "excite", {squeeze, weight("excite.w", {8, 4, 1, 1})})});
  const ValueId scaled = node("mul", "scaled", {depth, gate});
  const ValueId small = node("max_pool", "small", {scaled},
                             {{"kernel", Ints{2, 2}}, {"strides", Ints{2, 2}}, {"pads", Ints{0, 0, 0, 0}}, {"dilations", Ints{1, 1}}});
  const ValueId up = node("conv_transpose2d", "up", {small, weight("up.w", {8, 8, 2, 2})}, {{"strides", Ints{2, 2}}});
  const ValueId grown = node("resize", "grown", {small}, {{"sizes", Ints{1, 8, 12, 12}}});
  const ValueId padded = node("pad", "padded", {grown}, {{"pads", Ints{0, 0, 1, 1, 0, 0, 1, 1}}});
  const ValueId both =
      node("concat", "both", {up, node("conv2d", "side", {padded, weight("side.w", {8, 8, 3, 3})})}, {{"axis", int64_t{1}}});
  const ValueId head = node("conv2d", "head", {both, weight("head.w", {10, 16, 12, 12})});
  graph.add_output(node("softmax", "scores", {node("reshape", "flat", {head}, {{"shape", Ints{1, 10}}})}, {{"axis", int64_t{1}}}));
  const Graph reference = graph;
  calibrate::CalibrationOptions calibration;
  calibration.observer = "min_max";
  calibration.values = values_to_calibrate(graph);
  calibrate::calibrate(graph, testing::RandomImages(32), calibration);
  const Quantization result = quantize::quantize(graph);
  CHECK(result.interior_dequantizes == 0);
  CHECK(result.float_nodes == 1);
  REQUIRE(result.remarks.size() == 1);
  CHECK(result.remarks[0].node == "scores");
  CHECK(value(graph, "scaled").quant == value(graph, "padded").quant);
  CHECK(value(graph, "up").quant == value(graph, "both").quant);
  CHECK(sqnr(reference, graph) > 15);
}

TEST_CASE("gates have the scale of PyTorch's and TFLite's sigmoids") {
  for (const char* function : {"sigmoid", "hard_sigmoid"}) {
    Graph graph;
    const ValueId x = graph.add_input("x", DType::f32, {1, 3, 12, 12});
    const auto node = [&](const std::string& op, const std::string& name, std::vector<ValueId> operands,
                          const Attributes& attributes = {}) {
      return graph.result(graph.add_node(ops::get(op), name, std::move(operands), attributes));
    };
    Random random(1);
    const auto weight = [&](const std::string& name, double size) {
      return graph.add_constant(name, testing::random_tensor(random, {3, 3, 1, 1}, size));
    };
    const ValueId wide = node(function, "wide", {node("conv2d", "a", {x, weight("a.w", 20)})});
    const ValueId narrow = node(function, "narrow", {node("conv2d", "b", {x, weight("b.w", 0.01)})});
    const ValueId product = node("mul", "product", {node("mul", "first", {x, wide}), narrow});
    graph.add_output(node(function, "answer", {node("conv2d", "c", {product, weight("c.w", 20)})}));
    calibrate::CalibrationOptions calibration;
    calibration.observer = "min_max";
    calibration.values = values_to_calibrate(graph);
    calibrate::calibrate(graph, testing::RandomImages(32), calibration);
    quantize::quantize(graph);
    CHECK(value(graph, "wide").quant->scales == std::vector<float>{1.0f / 256});
    CHECK(value(graph, "wide").quant->zero_points == std::vector<int32_t>{0});
    CHECK(value(graph, "narrow").quant->scales[0] < 0.7f / 255);
    CHECK(!value(graph, "answer").quant);
  }
}

TEST_CASE("names of modes and weight ranges") {
  for (const Mode mode : {Mode::fixed, Mode::dynamic}) CHECK(parse_mode(to_string(mode)) == mode);
  for (const WeightRange range : {WeightRange::min_max, WeightRange::mse}) CHECK(parse_weight_range(to_string(range)) == range);
  CHECK_THROWS_WITH_AS(parse_mode("fixed"), "unknown mode \"fixed\", expected one of static, dynamic", Error);
}
