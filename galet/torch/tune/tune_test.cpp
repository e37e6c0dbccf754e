// A small residual network is trained, tuned with every quantizer for a moment, and its integer network must be what was trained.
#include "galet/torch/tune/tune.h"

#include <ATen/Parallel.h>
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cmath>
#include <cstdio>
#include <filesystem>

#include "galet/ir/rewriter.h"
#include "galet/package/package.h"
#include "galet/runtime/session.h"
#include "galet/torch/train/detector_testing.h"

using namespace galet;
using namespace galet::torch;
using galet::torch::tune::TuneOptions;
using galet::torch::tune::TuneResult;
namespace testing = galet::torch::train::testing;

namespace {

struct Builder {
  Graph graph;
  ValueId add(const std::string& op, const std::string& name, std::vector<ValueId> operands, Attributes attributes = {}) {
    return graph.result(graph.add_node(*ops::find(op), name, std::move(operands), std::move(attributes)));
  }
  ValueId constant(const std::string& name, const Shape& shape, const models::Init& init) {
    return graph.add_constant(name, models::draw(init, shape, 1, name));
  }
  ValueId conv(const std::string& name, ValueId x, int64_t out, int64_t kernel, int64_t stride, int64_t group = 1) {
    const Shape shape{out, graph.value(x).shape[1] / group, kernel, kernel};
    const int64_t pad = kernel / 2;
    const ValueId y = add("conv2d", name, {x, constant(name + ".weight", shape, models::kaiming_normal_in(shape))},
                          {{"pads", Ints{pad, pad, pad, pad}}, {"strides", Ints{stride, stride}}, {"group", group}});
    return add("batch_norm", name + ".bn",
               {y, constant(name + ".bn.weight", {out}, models::ones()), constant(name + ".bn.bias", {out}, models::zeros()),
                constant(name + ".bn.mean", {out}, models::zeros()), constant(name + ".bn.var", {out}, models::ones())});
  }
};

/// Residual additions with and without a convolution in the short way, a depthwise layer with hard_swish, squeeze and excite.
Graph network() {
  Builder b;
  const ValueId image = b.graph.add_input("image", DType::f32, {1, 3, 8, 8});
  ValueId x = b.add("relu", "relu0", {b.conv("stem", image, 8, 3, 1)});
  ValueId y = b.add("relu", "relu1", {b.conv("a.conv1", x, 8, 3, 1)});
  x = b.add("relu", "relu2", {b.add("add", "a.add", {b.conv("a.conv2", y, 8, 3, 1), x})});
  y = b.add("relu", "relu3", {b.conv("b.conv1", x, 12, 3, 2)});
  x = b.add("relu", "relu4", {b.add("add", "b.add", {b.conv("b.conv2", y, 12, 3, 1), b.conv("b.short", x, 12, 1, 2)})});
  x = b.add("hard_swish", "swish", {b.conv("c.depthwise", x, 12, 3, 1, 12)});
  ValueId s = b.add("global_average_pool", "squeeze", {x});
  s = b.add("hard_sigmoid", "gate", {b.conv("excite", s, 12, 1, 1)}, {{"alpha", 1.0f / 6}, {"beta", 0.5f}});
  x = b.add("mul", "scaled", {x, s});
  x = b.add("reshape", "flat", {x}, {{"shape", Ints{1, 192}}});
  x = b.add("linear", "fc",
            {x, b.constant("fc.weight", {4, 192}, models::torch_default({4, 192})), b.constant("fc.bias", {4}, models::zeros())});
  b.graph.add_output(x);
  return b.graph;
}

std::shared_ptr<const train::Batches> test_batches() {
  train::BatchOptions options;
  options.batch = 64;
  return testing::batches(256, options, 77);
}

/// Trained once for all tests.
const Graph& trained_network() {
  static const Graph graph = [] {
    at::set_num_threads(1);
    Executor executor(network());
    train::Trainer(executor, testing::training_batches(1024), nullptr, testing::short_run(4)).run();
    return executor.trained_graph();
  }();
  return graph;
}

TuneOptions short_tune(const std::string& weights, const std::string& activations, int64_t epochs = 1) {
  TuneOptions options;
  options.recipe.weights = weights, options.recipe.activations = activations;
  options.training = testing::short_run(epochs);
  options.training.schedule.lr = 0.01;
  options.threads = 1;
  return options;
}

/// Weights of few codes are packed in the file; the file gives the same network.
void check_package(const Graph& graph, const Shape& input = {1, 3, 8, 8}) {
  const std::string path = (std::filesystem::temp_directory_path() / fmt::format("galet_tune_test_{}.galet", ::getpid())).string();
  package::save(graph, path);
  const Graph back = package::load(path);
  const Tensor image = models::draw(models::kaiming_normal_in({1, 3, 8, 8}), input, 5, "image");
  CHECK(runtime::Session(back).run(std::vector{image})[0].same_as(runtime::Session(graph).run(std::vector{image})[0]));
  std::remove(path.c_str());
}

const QuantSpec& spec_of(const Graph& graph, const std::string& layer, size_t operand) {
  return *graph.value(graph.node(*graph.find_node(layer)).operands[operand]).quant;
}

}  // namespace

TEST_CASE("every quantizer: the integer network is what was trained") {
  const std::pair<std::string, std::string> pairs[] = {
      {"int:8", "int:8"},     {"int:4", "int:4"}, {"lsq:4", "lsq:4"}, {"lsq:2", "lsq:2"}, {"dorefa:2", "dorefa:2"}, {"dorefa:2", "pact:2"},
      {"lqnet:2", "lqnet:2"}, {"ttq", "ternary"}, {"twn", "float"},   {"twn", "int:8"},   {"binary", "int:8"}};
  for (const auto& [weights, activations] : pairs) {
    CAPTURE(weights);
    CAPTURE(activations);
    const TuneResult result =
        tune::tune(trained_network(), testing::training_batches(256), test_batches(), short_tune(weights, activations));
    REQUIRE(result.finished);
    CHECK(result.images == 256);
    MESSAGE(weights, "/", activations, ": float ", result.teacher.accuracy(), ", trained ", result.trained.accuracy(), ", integer ",
            result.integer_accuracy(), ", farthest ", result.farthest, " ", result.farthest_sqnr, " dB");
    CHECK(std::fabs(result.gap()) <= 0.4);  // one of 256 images
    CHECK(result.farthest_sqnr > 40);
    CHECK(result.teacher.accuracy() > 0.9);
    CHECK(result.integer_accuracy() > 0.5);
    const auto method = quantizers::parse_weights(weights);
    CHECK(package::stored_constant(result.network.value(result.network.node(*result.network.find_node("a.conv1")).operands[1])).bits ==
          (method.bits == 8 ? 0 : method.bits));
    check_package(result.network);
  }
}

TEST_CASE("policies: first, last, shortcut, layers, batch norms") {
  TuneOptions options = short_tune("lsq:2", "lsq:2");
  options.recipe.layers = {{"c\\.depthwise", "lsq:4", "lsq:4"}};
  const TuneResult low = tune::tune(trained_network(), testing::training_batches(64), nullptr, options);
  CHECK(spec_of(low.network, "stem", 1).qmax == 127);
  CHECK(spec_of(low.network, "fc", 1).qmax == 127);
  CHECK(code_count(spec_of(low.network, "a.conv1", 1)) == 4);
  CHECK(spec_of(low.network, "a.conv1", 0).qmax == 3);
  CHECK(spec_of(low.network, "a.add", 1).qmax == 255);    // the short way keeps 8 bits
  CHECK(spec_of(low.network, "b.short", 1).qmax == 127);  // and its convolution too
  CHECK(code_count(spec_of(low.network, "c.depthwise", 1)) == 16);
  CHECK(spec_of(low.network, "c.depthwise", 0).qmax == 15);
  options.recipe.shortcut = "low";
  const TuneResult all = tune::tune(trained_network(), testing::training_batches(64), nullptr, options);
  CHECK(code_count(spec_of(all.network, "b.short", 1)) == 4);
  CHECK(spec_of(all.network, "a.add", 1).qmax == 3);
  for (const char* policy : {"freeze", "fold", "reestimate"}) {
    options = short_tune("lsq:4", "lsq:4");
    options.recipe.bn = policy;
    const TuneResult result = tune::tune(trained_network(), testing::training_batches(128), test_batches(), options);
    CAPTURE(policy);
    CHECK(std::fabs(result.gap()) <= 1.2);
    CHECK(result.integer_accuracy() > 0.8);
  }
  options = short_tune("lsq:4", "lsq:4");
  options.recipe.shortcut = "float", options.recipe.first = "float", options.recipe.last = "float";
  const TuneResult real = tune::tune(trained_network(), testing::training_batches(128), test_batches(), options);
  CHECK(std::fabs(real.gap()) <= 1.2);
  CHECK_FALSE(real.network.value(real.network.node(*real.network.find_node("stem")).operands[1]).quant.has_value());
  CHECK_FALSE(real.network.value(real.network.result(*real.network.find_node("a.add"))).quant.has_value());
}

TEST_CASE("teacher alone, gradual bits, masks, and a run that is resumed") {
  TuneOptions options = short_tune("lsq:3", "lsq:3");
  options.recipe.labels = 0, options.recipe.features = 1;
  options.recipe.gradual = {8, 4};
  int rounds = 0;
  tune::TuneHooks hooks;
  hooks.round_begins = [&](const std::string&) { ++rounds; };
  Graph masked = trained_network();
  const ValueId weight = *masked.find_value("a.conv1.weight");
  Tensor mask(DType::u8, masked.value(weight).shape);
  for (int64_t i = 0; i < mask.size(); ++i) mask.mutable_data<uint8_t>()[i] = i % 3 != 0;
  Rewriter(masked).set_mask(weight, mask);
  const TuneResult result = tune::tune(masked, testing::training_batches(128), test_batches(), options, hooks);
  CHECK(rounds == 3);
  CHECK(result.integer_accuracy() > 0.8);
  const Tensor codes = result.network.value(result.network.node(*result.network.find_node("a.conv1")).operands[1]).constant;
  for (int64_t i = 0; i < codes.size(); i += 3) CHECK(codes.data<int8_t>()[i] == 0);

  const std::string checkpoint =
      (std::filesystem::temp_directory_path() / fmt::format("galet_tune_test_{}.checkpoint", ::getpid())).string();
  std::remove(checkpoint.c_str());
  options = short_tune("lqnet:2", "pact:2", 2);
  const TuneResult whole = tune::tune(trained_network(), testing::training_batches(128), nullptr, options);
  options.training.checkpoint = checkpoint, options.resume = true;
  std::atomic<bool> stop{false};
  options.training.stop = &stop;
  hooks = {};
  hooks.after_step = [&](const train::TrainStatus& status) { stop = status.step >= 5; };
  CHECK_FALSE(tune::tune(trained_network(), testing::training_batches(128), nullptr, options, hooks).finished);
  stop = false;
  const TuneResult resumed = tune::tune(trained_network(), testing::training_batches(128), nullptr, options);
  REQUIRE(resumed.finished);
  for (const ValueId id : whole.network.values()) {
    const Value& value = whole.network.value(id);
    const Value& other = resumed.network.value(*resumed.network.find_value(value.name));
    CHECK(value.quant == other.quant);
    if (value.is_constant()) CHECK(value.constant.same_as(other.constant));
  }
  std::remove(checkpoint.c_str());
}

TEST_CASE("what residual blocks give teaches alone") {
  TuneOptions options = short_tune("lsq:2", "lsq:2", 1);
  options.recipe.labels = 0, options.recipe.distill = 0, options.recipe.features = 1;
  const double early = tune::tune(trained_network(), testing::training_batches(128), test_batches(), options).last.loss;
  options.training.epochs = 6;
  const TuneResult result = tune::tune(trained_network(), testing::training_batches(128), test_batches(), options);
  CHECK(result.last.loss < 0.9 * early);
  CHECK(result.integer_accuracy() > 0.7);
}

TEST_CASE("detectors: the integer network finds what was trained, its heads keep 8 bits, its scores and boxes are real") {
  using Kind = detect::Kind;
  for (const Kind kind : {Kind::centers, Kind::points, Kind::anchors}) {
    CAPTURE(static_cast<int>(kind));
    const Graph graph = testing::small_detector(kind);
    train::Detector detector(graph);
    Executor executor(detector.body());
    train::TrainOptions start = testing::short_run(5);
    start.schedule.lr = 0.005, start.optimizer.rule = train::Rule::adam;
    const auto training = testing::block_batches(256, true), test = testing::block_batches(64, false, 2);
    train::Trainer(executor, training, nullptr, start, testing::detector_hooks(detector, executor, nullptr)).run();
    const Graph trained = detector.whole(executor.trained_graph());
    for (const std::string bits : {"int:8", "lsq:4"}) {
      CAPTURE(bits);
      TuneOptions options = short_tune(bits, bits, 1);
      options.training.schedule.lr = 0.001, options.training.optimizer.rule = train::Rule::adam;
      const TuneResult result = tune::tune(trained, training, test, options);
      REQUIRE(result.detects());
      MESSAGE(to_string(kind), " ", bits, ": float ", result.teacher.ap50, ", trained ", result.trained.ap50, ", integer ",
              result.integer.ap50, ", farthest ", result.farthest, " ", result.farthest_sqnr, " dB");
      CHECK(result.teacher.ap50 > 0.5);
      CHECK(std::fabs(result.gap()) < 2);
      CHECK(result.integer.ap50 > 0.5);
      CHECK(result.integer.images == 64);
      CHECK(result.network.value(result.network.outputs()[0]).name == "detections");
      for (const char* head : {kind == Kind::centers ? "hm" : "scores", kind == Kind::centers ? "wh" : "boxes"}) {
        CHECK(spec_of(result.network, head, 1).qmax == 127);
        CHECK_FALSE(result.network.value(result.network.result(*result.network.find_node(head))).quant);
      }
      CHECK(code_count(spec_of(result.network, "d", 1)) == (bits == "lsq:4" ? 16 : 255));
      check_package(result.network, {1, 3, 64, 64});
    }
    TuneOptions backbone = short_tune("lsq:4", "lsq:4", 1);
    backbone.recipe.layers = {{kind == Kind::centers ? "^(hm|wh|reg)$" : "^(scores|boxes|centre)$", "float", "float"}};
    const Graph kept = tune::tune(trained, training, nullptr, backbone).network;
    CHECK_FALSE(kept.value(kept.node(*kept.find_node(kind == Kind::centers ? "hm" : "scores")).operands[1]).quant);
    CHECK(kept.value(kept.node(*kept.find_node("d")).operands[1]).quant);
  }
}

TEST_CASE("recipes that cannot be are refused") {
  const auto why = [](const std::function<void(TuneOptions&)>& change) {
    TuneOptions options = short_tune("lsq:2", "lsq:2");
    change(options);
    try {
      tune::tune(trained_network(), testing::training_batches(64), nullptr, options);
    } catch (const Error& error) {
      return std::string(error.what());
    }
    return std::string("accepted");
  };
  CHECK(why([](auto& o) { o.recipe.weights = "lsq:1"; }).find("2..8 bits") != std::string::npos);
  CHECK(why([](auto& o) { o.recipe.activations = "twn"; }).find("no quantizer of activations") != std::string::npos);
  CHECK(why([](auto& o) { o.recipe.bn = "melt"; }).find("freeze, absorb") != std::string::npos);
  CHECK(why([](auto& o) { o.recipe.shortcut = "long"; }).find("int8, float or low") != std::string::npos);
  CHECK(why([](auto& o) { o.recipe.layers = {{"nothing", "lsq:2", ""}}; }).find("matches no layer") != std::string::npos);
  CHECK(why([](auto& o) { o.recipe.layers = {{"(", "lsq:2", ""}}; }).find("regular expression") != std::string::npos);
  CHECK(why([](auto& o) { o.recipe.gradual = {4, 8}; }).find("falling") != std::string::npos);
  CHECK(why([](auto& o) { o.recipe.distill = o.recipe.labels = 0; }).find("nothing to learn") != std::string::npos);
  CHECK(why([](auto& o) { o.recipe.temperature = 0; }).find("positive") != std::string::npos);
  CHECK(why([](auto& o) { o.recipe.weights = "float"; }).find("both float, or neither") != std::string::npos);
}
