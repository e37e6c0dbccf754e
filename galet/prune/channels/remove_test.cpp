#include <doctest/doctest.h>

#include <set>

#include "galet/core/error.h"
#include "galet/prune/channels/trace.h"
#include "galet/prune/testing.h"

using namespace galet;
using namespace galet::prune;
using namespace galet::prune::testing;

namespace {

PruneOptions channels(double amount, Scope scope = Scope::global) {
  PruneOptions options;
  options.structure.grain = Grain::channel;
  options.amount = amount, options.scope = scope;
  return options;
}

std::string refusal(const Graph& graph, const PruneOptions& options) {
  Graph copy = graph;
  try {
    remove_channels(copy, options);
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

const LayerPruned& row(const Pruned& pruned, const std::string& name) {
  for (const LayerPruned& layer : pruned.layers)
    if (layer.name == name) return layer;
  fail("no layer {}", name);
}

std::string reason(const Graph& graph, const std::string& layer) {
  Graph copy = graph;
  return row(remove_channels(copy, channels(0.2)), layer).kept;
}

}  // namespace

TEST_CASE("a network without channels computes what it computes with these channels zero, whatever ties them") {
  for (uint64_t seed = 1; seed < 4; ++seed)
    for (const Case& one : networks(10 * seed))
      for (const Scope scope : {Scope::local, Scope::global})
        for (const double amount : {0.2, 0.5, 0.8})
          for (const int64_t multiple : {1, 4}) {
            const std::string what = fmt::format("{}, seed {}, {} {}, multiples of {}", one.name, seed, to_string(scope), amount, multiple);
            CAPTURE(what);
            Graph graph = one.graph;
            PruneOptions options = channels(amount, scope);
            options.multiple = multiple;
            if (multiple > 1 && (amount < 0.5 || one.name == "shuffle and split")) continue;  // nothing goes: its groups have four channels
            const Pruned pruned = remove_channels(graph, options);
            CHECK(pruned.gone > 0);
            CHECK(pruned.macs_left < pruned.macs);
            CHECK(difference(zeroed(one.graph, pruned), graph) < 1e-5);
            CHECK(difference(one.graph, graph) > 1e-3);
            for (const auto& [value, places] : pruned.places) CHECK(!places.empty());
          }
}

TEST_CASE("local: each layer that may loses the share; multiples hold; the network's outputs stay") {
  const Graph before = networks(1)[1].graph;
  Graph graph = before;
  PruneOptions options = channels(0.5, Scope::local);
  const Pruned pruned = remove_channels(graph, options);
  CHECK(row(pruned, "a").left == Shape{4, 3, 3, 3});
  CHECK(row(pruned, "b").left == Shape{3, 3, 3, 3});
  CHECK(row(pruned, "c").left == Shape{5, 4, 1, 1});
  CHECK(row(pruned, "d").left == Shape{4, 15, 3, 3});
  CHECK(row(pruned, "fc").left == Shape{5, 16});
  CHECK(row(pruned, "fc").kept.find("is an output of the network") != std::string::npos);
  graph = before, options.multiple = 4;
  const Pruned rounded = remove_channels(graph, options);
  CHECK(row(rounded, "a").left[0] == 4);
  CHECK(row(rounded, "b").left[0] == 4);
  CHECK(row(rounded, "c").left[0] == 8);
}

TEST_CASE("a share of all channels leaves each set half of an even share, unless a limit is given or the rest is protected") {
  const auto least_left = [](const Pruned& pruned) {
    double least = 1;
    for (const LayerPruned& layer : pruned.layers)
      if (layer.kept.empty()) least = std::min(least, static_cast<double>(layer.left[0]) / static_cast<double>(layer.weight[0]));
    return least;
  };
  Net n(11, {1, 3, 8, 8});
  ValueId x = n.x;
  for (const char* name : {"a", "b", "c", "d"}) x = n.op("relu", {n.conv(name, x, 16)});
  const Graph before = n.finish(n.linear("fc", n.flat(n.op("global_average_pool", {x})), 4));
  Graph graph = before;
  Rewriter rewriter(graph);
  const ValueId weight = graph.node(*graph.find_node("b")).operands[1];
  Tensor uneven = graph.value(weight).constant;  // a few channels far above the mean: the rest of the layer scores lowest of all
  for (int64_t i = 0; i < uneven.size(); ++i) uneven.mutable_data<float>()[i] *= i < uneven.size() / 16 ? 1e4f : 1.0f;
  rewriter.set_constant(weight, uneven);
  const Graph uneven_graph = graph;
  PruneOptions options = channels(0.5);
  CHECK(least_left(remove_channels(graph, options)) == 0.25);
  graph = uneven_graph, options.layer_limit = 1;
  CHECK(least_left(remove_channels(graph, options)) == 1.0 / 16);
  graph = uneven_graph, options.layer_limit.reset(), options.protect = {"a", "c"}, options.amount = 0.4;
  const Pruned most = remove_channels(graph, options);  // 27 of 68 from two layers of 16: nearly all of them
  CHECK(row(most, "b").left[0] + row(most, "d").left[0] == 5);
  CHECK(most.remarks.back().decision != kLessThanAsked);
  graph = uneven_graph, options.layer_limit = 0.5;
  const Remark limited = remove_channels(graph, options).remarks.back();
  CHECK(limited.decision == kLessThanAsked);
  CHECK(limited.reason == "16 of 68 channels went, 0.4 of them were asked for: no layer loses more than 0.5 and what is protected stays");
  graph = uneven_graph, options.layer_limit.reset(), options.amount = 0.7;
  CHECK(remove_channels(graph, options).remarks.back().reason.find("each layer keeps a channel") != std::string::npos);
}

TEST_CASE("the budget of multiply-accumulates is met, not by much more") {
  for (const Case& one : networks(5)) {
    CAPTURE(one.name);
    for (const double share : {0.3, 0.6}) {
      Graph graph = one.graph;
      PruneOptions options = channels(share);
      options.budget = Budget::macs;
      const Pruned pruned = remove_channels(graph, options);
      const double left = static_cast<double>(pruned.macs_left) / static_cast<double>(pruned.macs);
      CHECK(left <= 1 - share + 1e-9);
      CHECK(left > 1 - share - 0.25);  // one channel of such small layers is much
    }
  }
}

TEST_CASE("masks, codes, and scales of channels go with them") {
  Net n(4);
  const ValueId y = n.op("relu", {n.conv("a", n.x, 8)});
  Graph graph = n.finish(n.conv("b", y, 4));
  Rewriter rewriter(graph);
  const ValueId weight = graph.node(*graph.find_node("a")).operands[1];
  Tensor codes(DType::i8, {8, 3, 3, 3}), mask(DType::u8, {8, 3, 3, 3});
  QuantSpec spec{.storage = DType::i8, .qmin = -127, .qmax = 127, .axis = 0, .scales = {}, .zero_points = std::vector<int32_t>(8, 0)};
  for (int64_t i = 0; i < codes.size(); ++i)
    codes.mutable_data<int8_t>()[i] = static_cast<int8_t>(i / 27 + 1), mask.mutable_data<uint8_t>()[i] = i % 2 == 0;
  for (int c = 0; c < 8; ++c) spec.scales.push_back(static_cast<float>(8 - c));
  rewriter.set_operand(*graph.find_node("a"), 1, rewriter.quantized_constant("codes", codes, spec));
  rewriter.set_mask(graph.node(*graph.find_node("a")).operands[1], mask);
  CHECK(weight.valid());
  const Pruned pruned = remove_channels(graph, channels(0.34));  // 4 of 12
  const Value& left = graph.value(graph.node(*graph.find_node("a")).operands[1]);
  const std::vector<int64_t>& places = pruned.places.at(graph.result(*graph.find_node("a")).index);
  REQUIRE(places.size() == 4);
  CHECK(left.mask.shape() == left.shape);
  REQUIRE(left.quant->scales.size() == 4);
  for (size_t c = 0; c < 4; ++c) {
    CHECK(left.quant->scales[c] == static_cast<float>(8 - places[c]));
    CHECK(left.constant.data<int8_t>()[c * 27] == places[c] + 1);
  }
}

TEST_CASE("what no rule knows stays, and says so") {
  Net n(7);
  ValueId y = n.block("a", n.x, 8);
  y = n.op("lrn", {y}, {{"size", int64_t{3}}});
  y = n.block("b", y, 8);
  y = n.op("depth_to_space", {n.conv("c", y, 8)}, {{"block", int64_t{2}}});
  const Graph graph = n.finish(n.linear("fc", n.flat(n.op("global_average_pool", {n.block("d", y, 8)})), 3));
  CHECK(reason(graph, "a").find("lrn \"lrn\" reads it") != std::string::npos);
  CHECK(reason(graph, "c").find("depth_to_space") != std::string::npos);
  CHECK(reason(graph, "b").empty());
  CHECK(reason(graph, "d").empty());

  Net only(8);
  CHECK(refusal(only.finish(only.conv("a", only.x, 4)), channels(0.5)).find("no channel of \"\" went") != std::string::npos);
}

TEST_CASE("protected layers keep their channels, and those that are tied to them") {
  Graph graph = networks(3)[0].graph;
  PruneOptions options = channels(0.5);
  options.protect = {"stem"}, options.scope = Scope::local;
  const Pruned pruned = remove_channels(graph, options);
  CHECK(row(pruned, "stem").left[0] == 8);
  CHECK(row(pruned, "a1").left[0] == 8);
  CHECK(row(pruned, "a2").left[0] == 12);  // 8 of the stem's, half of the 8 that were padded
  CHECK(row(pruned, "c2").left[0] == 6);
}

TEST_CASE("batch norm scales decide where they are asked to") {
  Net n(9);
  const ValueId y = n.block("a", n.x, 8);
  Graph graph = n.finish(n.linear("fc", n.flat(n.op("global_average_pool", {y})), 3));
  Rewriter rewriter(graph);
  const NodeId norm = *graph.find_node("a.bn");
  rewriter.set_constant(graph.node(norm).operands[1], Tensor::from<float>({8}, {1, -0.1f, 2, 0.2f, -3, 0.05f, 1, -1}));
  const Graph before = graph;
  PruneOptions options = channels(0.27);  // 3 of 11
  options.criterion = "batch_norm";
  const Pruned pruned = remove_channels(graph, options);
  CHECK(pruned.places.at(graph.result(*graph.find_node("a")).index) == std::vector<int64_t>{0, 2, 4, 6, 7});
  Net folded(9);
  const ValueId z = folded.op("relu", {folded.conv("a", folded.x, 8)});
  CHECK(refusal(folded.finish(folded.linear("fc", folded.flat(folded.op("global_average_pool", {z})), 3)), options)
            .find("says nothing about any layer") != std::string::npos);
}

TEST_CASE("mistakes are named") {
  const Graph graph = networks(2)[0].graph;
  PruneOptions options = channels(0.99);
  options.budget = Budget::macs;
  CHECK(refusal(graph, options).find("at most") != std::string::npos);
  options = channels(0.5), options.multiple = 0;
  CHECK(refusal(graph, options).find("multiple 0") != std::string::npos);
  options = channels(0.001);
  CHECK(refusal(graph, options).find("below one channel") != std::string::npos);
  options = channels(0.5), options.criterion = "activation";
  CHECK(refusal(graph, options).find("needs images") != std::string::npos);
}

TEST_CASE("every rule is of an operator that exists") {
  std::set<std::string_view> seen;
  for (const std::string_view name : traced_operators()) {
    CHECK(ops::find(name) != nullptr);
    CHECK(seen.insert(name).second);
  }
}
