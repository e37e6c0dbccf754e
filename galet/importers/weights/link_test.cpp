#include "galet/importers/weights/link.h"

#include <doctest/doctest.h>

#include "galet/importers/weights/near_name.h"
#include "galet/importers/weights/propose.h"
#include "galet/ops/ops.h"

namespace galet::importers {
namespace {

/// Two convolutions of one shape with batch norms, and a linear layer: parameters conv1.weight, bn1.*, conv2.weight, bn2.*, fc.*.
Graph network() {
  Graph graph;
  ValueId x = graph.add_input("input", DType::f32, {1, 2, 4, 4});
  const auto zeros = [&](const std::string& name, const Shape& shape) { return graph.add_constant(name, Tensor(DType::f32, shape)); };
  for (const std::string n : {"1", "2"}) {
    x = graph.result(graph.add_node(ops::get("conv2d"), "conv" + n, {x, zeros("conv" + n + ".weight", {2, 2, 1, 1})}));
    std::vector<ValueId> operands{x};
    for (const char* part : {".weight", ".bias", ".running_mean", ".running_var"}) operands.push_back(zeros("bn" + n + part, {2}));
    x = graph.result(graph.add_node(ops::get("batch_norm"), "bn" + n, operands));
  }
  x = graph.result(graph.add_node(ops::get("reshape"), "flatten", {x}, {{"shape", Ints{1, 32}}}));
  graph.add_output(graph.result(graph.add_node(ops::get("linear"), "fc", {x, zeros("fc.weight", {3, 32}), zeros("fc.bias", {3})})));
  return graph;
}

Tensor filled(const Shape& shape, float value) {
  Tensor tensor(DType::f32, shape);
  for (int64_t i = 0; i < tensor.size(); ++i) tensor.mutable_data<float>()[i] = value;
  return tensor;
}

/// Every parameter of the network, the k-th full of `base` + k, each name first passed through `rename`.
StateDict weights(
    const std::string& path, float base, const std::function<std::string(std::string)>& rename = [](std::string name) { return name; }) {
  StateDict state{.path = path, .format = "", .key = "", .tensors = {}, .notes = {}};
  const Graph graph = network();
  for (const ValueId id : graph.values())
    if (graph.value(id).is_constant()) {
      const std::string name = rename(graph.value(id).name);
      if (!name.empty())
        state.tensors.push_back({name, filled(graph.value(id).shape, base + static_cast<float>(state.tensors.size())), Element::f32});
    }
  return state;
}

float first(const Graph& graph, const char* name) { return graph.value(*graph.find_value(name)).constant.data<float>()[0]; }

KeyRules rules(const char* text) { return KeyRules::parse(text, "rules.txt"); }

}  // namespace

TEST_CASE("matching names are linked and counters left out") {
  Graph graph = network();
  StateDict state = weights("a.pth", 1);
  state.tensors.push_back({"bn1.num_batches_tracked", Tensor::scalar(int64_t{42}), Element::i64});
  const KeyReport report = link_weights(graph, {state}, {});
  CHECK(report.complete());
  CHECK(report.problem().empty());
  CHECK(report.summary() == "12 of 12 parameters linked, 1 counters ignored");
  CHECK(first(graph, "conv1.weight") == 1);
  CHECK(first(graph, "fc.bias") == 12);
  CHECK(graph.info.metadata.at("num_batches_tracked") == "42");
  CHECK(to_json(report).find("\"complete\": true") != std::string::npos);
}

TEST_CASE("what does not fit is reported with what is near, and is no success") {
  Graph graph = network();
  StateDict state = weights("a.pth", 1, [](const std::string& name) {
    return name == "fc.weight" ? "head.weight" : name == "bn2.bias" ? "" : name;
  });
  for (StoredTensor& tensor : state.tensors)
    if (tensor.name == "conv2.weight") tensor.data = filled({4, 2, 1, 1}, 0);
  const KeyReport report = link_weights(graph, {state}, {});
  CHECK(!report.complete());
  REQUIRE(report.missing.size() == 2);
  CHECK(report.missing[1].parameter == "fc.weight");
  CHECK(report.missing[1].near == "head.weight");
  REQUIRE(report.unexpected.size() == 1);
  CHECK(report.unexpected[0].near == "fc.weight");
  REQUIRE(report.mismatched.size() == 1);
  CHECK(report.mismatched[0].found == Shape{4, 2, 1, 1});
  const std::string problem = report.problem();
  for (const char* part : {"9 of 12 parameters linked", "\"conv2.weight\" is 4x2x1x1, expected 2x2x1x1", "\"bn2.bias\" 2",
                           "nearest \"head.weight\"", "--allow"})
    CHECK(problem.find(part) != std::string::npos);
  KeyReport allowed = link_weights(graph, {state}, {.rules = {}, .allow = {"conv2.*", "bn2.bias", "*.weight", "unused.*"}});
  CHECK(allowed.complete());
  CHECK(allowed.notes == std::vector<std::string>{"nothing had to be allowed for \"unused.*\""});
}

TEST_CASE("types: doubles are rounded, whole numbers do not fit, NaN is told") {
  Graph graph = network();
  StateDict state = weights("a.pth", 1);
  state.tensors[0] = {"conv1.weight", filled({2, 2, 1, 1}, 0.5f).cast(DType::f64), Element::f64};
  state.tensors[1].data = filled({2}, NAN);
  const KeyReport report = link_weights(graph, {state}, {});
  CHECK(first(graph, "conv1.weight") == 0.5f);
  CHECK(report.notes ==
        std::vector<std::string>{"1 tensors converted from f64 to f32", "1 parameters hold NaN or infinity, \"bn1.weight\" first"});
  state.tensors[0] = {"conv1.weight", Tensor(DType::i8, {2, 2, 1, 1}), Element::i8};
  CHECK(link_weights(graph, {state}, {}).problem().find("\"conv1.weight\" is i8, expected a floating type") != std::string::npos);
}

TEST_CASE("rules rename, and say what they did not do") {
  Graph graph = network();
  const StateDict state = weights("a.pth", 1, [](const std::string& name) { return "net." + name; });
  const KeyReport bare = link_weights(graph, {state}, {});
  CHECK(bare.problem().find("\"^net\\. ->\"") != std::string::npos);
  const KeyReport report = link_weights(graph, {state}, {.rules = rules("# comment\n\n^net\\. ->\r\n^x(.*) -> y$1\n"), .allow = {}});
  CHECK(report.complete());
  CHECK(report.notes == std::vector<std::string>{"rule \"^x(.*) -> y$1\" fitted no key"});
  CHECK_THROWS_WITH(link_weights(graph, {state}, {.rules = rules("bn2 -> bn1"), .allow = {}}),
                    doctest::Contains("the same name \"net.bn1.weight\""));
  CHECK_THROWS_WITH(rules("a b"), doctest::Contains("rules.txt:1: \"a b\" is no rule"));
  CHECK_THROWS_WITH(rules("x -> y\n(a -> b"), doctest::Contains("rules.txt:2: \"(a\" is no regular expression"));
  CHECK_THROWS_WITH(rules(" -> b"), doctest::Contains("nothing before"));
  CHECK_THROWS_WITH(rules("\x01\xff\x1b["), doctest::Contains("\"???[\" is no rule"));
}

TEST_CASE("a later file overrides an earlier one") {
  Graph graph = network();
  const StateDict base = weights("a.pth", 1),
                  over = weights("b.pth", 100, [](const std::string&name) { return name.starts_with("fc") ? "" : name; });
  const KeyReport report = link_weights(graph, {base, over}, {});
  CHECK(report.complete());
  CHECK(report.overridden.size() == 10);
  CHECK(first(graph, "conv1.weight") == 100);
  CHECK(first(graph, "fc.bias") == 12);
  CHECK(report.matched[0].file == "b.pth");
}

TEST_CASE("rules are proposed by order and shape, module by module") {
  Graph graph = network();
  const auto rename = [](const std::string& name) {
    const std::string part = name.substr(name.find('.') + 1);
    const std::string module = name.starts_with("conv1")   ? "features.0"
                               : name.starts_with("bn1")   ? "features.1"
                               : name.starts_with("conv2") ? "features.3"
                               : name.starts_with("bn2")   ? "features.4"
                                                           : "classifier";
    const std::string other = part == "running_mean" ? "moving_mean" : part == "running_var" ? "moving_variance" : part;
    return module + "." + other;
  };
  const StateDict state = weights("a.pth", 1, rename);
  const KeyReport report = link_weights(graph, {state}, {.rules = {}, .automatic = true, .allow = {}});
  CHECK(report.complete());
  CHECK(first(graph, "conv2.weight") == 6);
  CHECK(first(graph, "bn2.running_var") == 10);
  Graph again = network();  // what was proposed is a rules file
  const KeyReport ruled =
      link_weights(again, {state}, {.rules = rules(fmt::format("{}", fmt::join(report.proposed, "\n")).c_str()), .allow = {}});
  CHECK(ruled.complete());
  CHECK(first(again, "bn2.running_var") == 10);
  // One convolution more than the network has: order proves nothing any more, and nothing is guessed.
  StateDict more = state;
  more.tensors.push_back({"extra.weight", filled({2, 2, 1, 1}, 0), Element::f32});
  const KeyReport open = link_weights(graph, {more}, {.rules = {}, .automatic = true, .allow = {}});
  CHECK(open.missing.size() == 2);
  CHECK(open.unexpected.size() == 3);
}

TEST_CASE("modules that change places are proposed without a chain of renamings") {
  const std::vector<NamedShape> keys{{"b.weight", {1}}, {"a.weight", {2}}}, wanted{{"a.weight", {1}}, {"b.weight", {2}}};
  KeyRules proposed = KeyRules::parse(fmt::format("{}", fmt::join(propose_rules(keys, wanted), "\n")), "");
  CHECK(proposed.apply("b.weight") == "a.weight");
  CHECK(proposed.apply("a.weight") == "b.weight");
}

TEST_CASE("patterns and near names") {
  CHECK(fits("layer1.0.conv1.weight", "layer1.*"));
  CHECK(fits("layer1.0.conv1.weight", "*.conv?.weight"));
  CHECK(!fits("layer1.0.conv1.weight", "layer2.*"));
  CHECK(!fits("a", ""));
  CHECK(fits(std::string(2000, 'a'), "*a*a*a*a*a*a*a*a*"));
  CHECK(!fits(std::string(2000, 'a'), "*a*a*a*a*a*a*a*b"));
  const std::vector<NamedShape> names{{"head.weight", {3, 4}}, {"fc.bias", {3}}};
  CHECK(near_name({"fc.weight", {3, 4}}, names) == "head.weight");
  CHECK(near_name({"fc.weight", {3, 4}}, {}).empty());
}

}  // namespace galet::importers
