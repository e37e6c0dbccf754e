#include "galet/prune/prune.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "galet/core/error.h"
#include "galet/core/random.h"
#include "galet/ir/rewriter.h"
#include "galet/ops/ops.h"
#include "galet/prune/units.h"

using namespace galet;
using namespace galet::prune;

namespace {

Tensor random_tensor(const Shape& shape, uint64_t seed, double scale = 1) {
  Random random(seed);
  Tensor tensor(DType::f32, shape);
  for (int64_t i = 0; i < tensor.size(); ++i) tensor.mutable_data<float>()[i] = static_cast<float>(scale * random.normal());
  return tensor;
}

/// conv 3x3 (8, 3), depthwise 3x3 (8, 1), conv 1x1 (20, 8) with weights ten times as large, global pool, linear (10, 20).
Graph network() {
  Graph graph;
  const ValueId x = graph.add_input("x", DType::f32, {1, 3, 8, 8});
  auto conv = [&](const std::string& name, ValueId src, Shape weight, int64_t pad, int64_t group, double scale) {
    const ValueId w = graph.add_constant(name + ".weight", random_tensor(weight, name.size() + weight[0], scale));
    return graph.result(graph.add_node(ops::get("conv2d"), name, {src, w}, {{"pads", Ints{pad, pad, pad, pad}}, {"group", group}}));
  };
  ValueId y = conv("first", x, {8, 3, 3, 3}, 1, 1, 1);
  y = conv("depthwise", y, {8, 1, 3, 3}, 1, 8, 1);
  y = conv("point", y, {20, 8, 1, 1}, 0, 1, 10);
  y = graph.result(graph.add_node(ops::get("global_average_pool"), "pool", {y}));
  y = graph.result(graph.add_node(ops::get("reshape"), "flat", {y}, {{"shape", Ints{1, 20}}}));
  const ValueId w = graph.add_constant("linear.weight", random_tensor({10, 20}, 9));
  graph.add_output(graph.result(graph.add_node(ops::get("linear"), "linear", {y, w})));
  return graph;
}

const Value& weight_of(const Graph& graph, const std::string& layer) {
  return graph.value(graph.node(*graph.find_node(layer)).operands[1]);
}

int64_t zeros(const Tensor& t) { return std::count(t.span<float>().begin(), t.span<float>().end(), 0.0f); }

std::string message(const Graph& graph, const PruneOptions& options) {
  Graph copy = graph;
  try {
    prune_weights(copy, options);
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("local: every layer loses the same share, its smallest weights") {
  for (const double amount : {0.0, 0.1, 0.5, 0.9}) {
    const Graph before = network();
    Graph graph = before;
    PruneOptions options;
    options.scope = Scope::local, options.amount = amount;
    const Pruned pruned = prune_weights(graph, options);
    REQUIRE(pruned.layers.size() == 4);
    for (const LayerPruned& layer : pruned.layers) {
      CHECK(layer.gone == std::lround(amount * static_cast<double>(layer.weights)));
      const Value& was = weight_of(before, layer.name);
      const Value& is = weight_of(graph, layer.name);
      CHECK(zeros(is.constant) == layer.gone);
      float largest_gone = 0, smallest_kept = 1e9f;
      for (int64_t i = 0; i < was.constant.size(); ++i) {
        const float magnitude = std::fabs(was.constant.data<float>()[i]);
        if (is.constant.data<float>()[i] == 0)
          largest_gone = std::max(largest_gone, magnitude);
        else {
          smallest_kept = std::min(smallest_kept, magnitude);
          CHECK(is.constant.data<float>()[i] == was.constant.data<float>()[i]);
        }
        if (is.mask) CHECK((is.mask.data<uint8_t>()[i] == 0) == (is.constant.data<float>()[i] == 0));
      }
      CHECK(largest_gone <= smallest_kept);
    }
  }
}

TEST_CASE("global: one threshold over all layers; normalised by their means the large layer gives its share") {
  Graph graph = network(), even = graph;
  PruneOptions options;
  options.amount = 0.5, options.normalize = Normalize::none;
  const Pruned pruned = prune_weights(graph, options);
  CHECK(pruned.gone == std::lround(0.5 * static_cast<double>(pruned.weights)));
  CHECK(pruned.layers[2].gone < 20);  // "point" is ten times as large
  float gone = 0, kept = 1e9f;
  const Graph before = network();
  for (const LayerPruned& layer : pruned.layers)
    for (int64_t i = 0; i < layer.weights; ++i) {
      const float was = std::fabs(weight_of(before, layer.name).constant.data<float>()[i]);
      if (weight_of(graph, layer.name).constant.data<float>()[i] == 0)
        gone = std::max(gone, was);
      else
        kept = std::min(kept, was);
    }
  CHECK(gone <= kept);
  for (const Normalize how : {Normalize::mean, Normalize::lamp}) {
    even = network(), options.normalize = how;
    const Pruned shared = prune_weights(even, options);
    CHECK(shared.gone == pruned.gone);
    CHECK(shared.layers[2].gone > 50);
  }
}

TEST_CASE("blocks: whole ones at one tap, cut off at edges, depthwise left alone") {
  Graph graph = network();
  PruneOptions options;
  options.structure = parse_structure("block:8x4"), options.amount = 0.4, options.scope = Scope::local;
  const Pruned pruned = prune_weights(graph, options);
  CHECK(pruned.layers[1].gone == 0);
  CHECK(pruned.layers[1].kept.find("one input a group") != std::string::npos);
  const Tensor& point = weight_of(graph, "point").constant;  // (20, 8): blocks of 8, 8 and 4 channels by 4 inputs
  for (int64_t o = 0; o < 20; ++o)
    for (int64_t i = 0; i < 8; ++i) CHECK((point.data<float>()[o * 8 + i] == 0) == (point.data<float>()[o / 8 * 8 * 8 + i / 4 * 4] == 0));
  CHECK(pruned.layers[2].gone == 64);                        // two of the four whole blocks, or one and both halves
  const Tensor& first = weight_of(graph, "first").constant;  // (8, 3, 3, 3): one block a tap
  for (int64_t o = 0; o < 8; ++o)
    for (int64_t i = 0; i < 3; ++i)
      for (int64_t tap = 0; tap < 9; ++tap) CHECK((first.data<float>()[(o * 3 + i) * 9 + tap] == 0) == (first.data<float>()[tap] == 0));
  CHECK(pruned.layers[0].gone == 3 * 24);
}

TEST_CASE("N:M: of each four inputs the two smaller go; rests stay") {
  Graph graph = network();
  PruneOptions options;
  options.structure = parse_structure("nm:2:4");
  const Pruned pruned = prune_weights(graph, options);
  CHECK(pruned.layers[0].gone == 0);  // three inputs
  CHECK(pruned.layers[2].gone == 80);
  const Tensor& linear = weight_of(graph, "linear").constant;
  for (int64_t group = 0; group < 50; ++group) {
    int64_t gone = 0;
    for (int64_t i = 0; i < 4; ++i) gone += linear.data<float>()[group * 4 + i] == 0;
    CHECK(gone == 2);
  }
}

TEST_CASE("pruning again keeps what is gone, and the total is the amount") {
  Graph graph = network();
  PruneOptions options;
  options.amount = 0.3;
  prune_weights(graph, options);
  const Tensor before = weight_of(graph, "linear").mask;
  options.amount = 0.6;
  const Pruned pruned = prune_weights(graph, options);
  CHECK(pruned.gone == std::lround(0.6 * static_cast<double>(pruned.weights)));
  const Tensor& after = weight_of(graph, "linear").mask;
  for (int64_t i = 0; i < before.size(); ++i) CHECK(after.data<uint8_t>()[i] <= before.data<uint8_t>()[i]);
  options.amount = 0.2;
  CHECK(prune_weights(graph, options).gone == pruned.gone);
}

TEST_CASE("multiply-accumulates as the budget, and a limit for each layer") {
  Graph graph = network();
  PruneOptions options;
  options.budget = Budget::macs, options.amount = 0.5;
  const Pruned pruned = prune_weights(graph, options);
  CHECK(static_cast<double>(pruned.macs_left) == doctest::Approx(0.5 * static_cast<double>(pruned.macs)).epsilon(0.01));
  graph = network();
  options.budget = Budget::weights, options.layer_limit = 0.6, options.amount = 0.5;
  for (const LayerPruned& layer : prune_weights(graph, options).layers)
    CHECK(static_cast<double>(layer.gone) <= 0.6 * static_cast<double>(layer.weights));
}

TEST_CASE("quantized weights get the code of zero; where no code means zero the layer stays") {
  Graph graph = network();
  Rewriter rewriter(graph);
  const auto quantize = [&](const std::string& layer, QuantSpec spec) {
    const Node& node = graph.node(*graph.find_node(layer));
    const Shape shape = graph.value(node.operands[1]).shape;
    Random random(3);
    Tensor codes(DType::i8, shape);
    for (int64_t i = 0; i < codes.size(); ++i)
      codes.mutable_data<int8_t>()[i] =
          static_cast<int8_t>(spec.levels.empty() ? static_cast<int>(random.below(200)) - 100 : (random.below(2) != 0 ? 1 : -1));
    rewriter.set_operand(*graph.find_node(layer), 1, rewriter.quantized_constant(layer + ".codes", codes, spec));
  };
  QuantSpec spec{.storage = DType::i8,
                 .qmin = -127,
                 .qmax = 127,
                 .axis = 0,
                 .scales = std::vector<float>(20, 0.01f),
                 .zero_points = std::vector<int32_t>(20, 0)};
  for (size_t c = 0; c < 20; ++c) spec.scales[c] = c < 10 ? 0.01f : 1.0f, spec.zero_points[c] = c % 2 == 0 ? 0 : 3;
  quantize("point", spec);
  QuantSpec binary{.storage = DType::i8, .qmin = -1, .qmax = 1, .scales = {0.1f}, .zero_points = {0}, .levels = {-1, 1}};
  quantize("linear", binary);
  PruneOptions options;
  options.scope = Scope::local, options.amount = 0.5;
  const Pruned pruned = prune_weights(graph, options);
  CHECK(pruned.layers[3].gone == 0);
  CHECK(pruned.layers[3].kept == "its codes have none that means zero");
  const Value& point = weight_of(graph, "point");
  int64_t in_small = 0;
  for (int64_t i = 0; i < 160; ++i)
    if (point.mask.data<uint8_t>()[i] == 0) {
      CHECK(point.constant.data<int8_t>()[i] == spec.zero_points[static_cast<size_t>(i / 8)]);
      in_small += i < 80;
    }
  CHECK(pruned.layers[2].gone == 80);
  CHECK(in_small > 70);  // by real value, not by code
}

TEST_CASE("mistakes are named") {
  const Graph graph = network();
  PruneOptions options;
  for (const double amount : {1.0, 1.5, -0.1, std::nan("")}) {
    options.amount = amount;
    CHECK(message(graph, options).find("expected a share from 0 to below 1") != std::string::npos);
  }
  options.amount = 0.5;
  options.protect = {"first*", "second"};
  CHECK(message(graph, options).find("--protect \"second\" fits no layer; the layers are first, depthwise, point, linear") !=
        std::string::npos);
  options.protect = {"*"};
  CHECK(message(graph, options).find("no layer of \"\" may be pruned") != std::string::npos);
  options.protect = {"point", "linear.weight", "depthwise"};
  CHECK(message(graph, options).find("protect fewer") != std::string::npos);
  options.protect = {};
  options.criterion = "l3";
  CHECK(message(graph, options).find("expected one of l1, l2, activation, batch_norm, taylor") != std::string::npos);
  options.criterion = "batch_norm";
  CHECK(message(graph, options).find("--structure channel") != std::string::npos);
  options.criterion = "taylor";
  CHECK(message(graph, options).find("no gradient of \"first.weight\"") != std::string::npos);
  options.criterion = "activation";
  CHECK(message(graph, options).find("needs images") != std::string::npos);
  CHECK_THROWS_AS(parse_scope("globally"), Error);
  CHECK_THROWS_AS(parse_normalize("max"), Error);
}

TEST_CASE("every unit structure covers the weight") {
  const Graph graph = network();
  for (const Layer& layer : find_layers(graph, {}))
    for (const char* text : {"weight", "block", "block:3x2"}) {
      std::set<int64_t> seen;
      int64_t all = 0;
      for_each_unit(layer, parse_structure(text), [&](std::span<const int64_t> places) {
        all += static_cast<int64_t>(places.size());
        seen.insert(places.begin(), places.end());
      });
      CHECK(all == layer.size());
      CHECK(static_cast<int64_t>(seen.size()) == layer.size());
      CHECK(*seen.rbegin() == layer.size() - 1);
    }
}
