#include "galet/ir/text.h"

#include <doctest/doctest.h>

#include <limits>

#include "galet/core/random.h"
#include "galet/ir/rewriter.h"
#include "galet/ir/testing_ops.h"

using namespace galet;
using testing::find_op;

namespace {

const char* const kCanonical = R"(graph "all of \"it\"" batch=fixed {
  input x: f32[1x3x2x2] quant(u8, scale=0.02, zero=114)
  input "odd name": f32[]
  const conv.weight: f32[2x1x1x1] quant(i8, codes=-127..127, axis=0, scale=[0.1,1e-05], zero=0) mask=u8{1, 0} = {-127, 5}
  const conv.bias: f32[2] quant(i32, axis=0, scale=[0.002,0.5], zero=[0,3]) = {-100000, 7}
  y = conv2d(x, conv.weight, conv.bias) @/layer1/conv activation="relu" strides=[2,2] -> f32[1x3x2x2] quant(u8, dynamic) stats(count=12, min=-1, max=1.5, mean=0.1, sigma=0.25, clip_min=-1, clip_max=1, observer="min_max")
  top:0, top:1 = top_k(y) k=3 -> f32[1x3x2x2], i64[3]
  e = everything() -> f32[]
  c = clip(y, _, "odd name") max=inf min=-0 -> f32[1x3x2x2]
  const big: f32[3] = {1.1754944e-38, nan, -inf}
  const flags: bool[2] = {1, 0}
  z = concat(big, flags, "input", top:1) -> f32[3]
  output z
  output c
}
)";

std::string why(const std::string& text) {
  try {
    parse(text, find_op);
  } catch (const Error& e) {
    return e.what();
  }
  return "no error";
}

}  // namespace

TEST_CASE("text: print gives back the canonical text") {
  std::string text = kCanonical;
  text.replace(text.find("  e = everything() -> f32[]\n"), 28, "");  // it has no operand to take a type from
  text.replace(text.find("\"input\", "), 9, "");
  CHECK(print(parse(text, find_op)) == text);
}

TEST_CASE("text: every type of attribute") {
  const std::string text =
      "graph \"\" {\n  input input_1: i32[2]\n  \"input\" = everything(input_1) f=0.1 fs=[1,-0,inf] i=-5 is=[] s=\"a\\nb\\x01\\\\\" "
      "t=u8[2x1]{3, 255} -> i32[2]\n  output \"input\"\n}\n";
  const Graph graph = parse(text, find_op);
  CHECK(print(graph) == text);
  const Node& node = graph.node(graph.order()[0]);
  CHECK(std::get<float>(node.attributes.at("f")) == 0.1f);
  CHECK(std::get<std::string>(node.attributes.at("s")) == "a\nb\x01\\");
  CHECK(std::get<Tensor>(node.attributes.at("t")).span<uint8_t>()[1] == 255);
}

TEST_CASE("text: free layout, comments, several statements a line") {
  const Graph graph = parse(
      "// head\ngraph \"g\" { input x: f32[4]; input w: f32[4] // trailing\n\n y = add(x,\n   w) // broken inside brackets\n output y }",
      find_op);
  CHECK(print(graph) == "graph \"g\" {\n  input x: f32[4]\n  input w: f32[4]\n  y = add(x, w) -> f32[4]\n  output y\n}\n");
}

TEST_CASE("text: options") {
  Graph graph =
      parse("graph \"g\" { input x: f32[1] quant(u8, scale=1, zero=0); const c: f32[3] = {1,2,3}; y = add(x, c); output y }", find_op);
  CHECK(print(graph, {.large = 2}).find("const c: f32[3] #") != std::string::npos);
  CHECK(print(graph, {.constants = false}).find("const") == std::string::npos);
  CHECK(print(graph, {.facts = false}).find("quant") == std::string::npos);
  const std::string before = print(graph, {.large = 2});
  Rewriter(graph).set_constant(*graph.find_value("c"), Tensor::from<float>({3}, std::vector<float>{1, 2, 4}));
  CHECK(print(graph, {.large = 2}) != before);
  CHECK(why(before) == "line 3, column 19: a large constant is printed as its hash alone; its data is in the package");
}

TEST_CASE("text: errors say where") {
  CHECK(why("") == "line 1, column 1: expected `graph`");
  CHECK(why("graph \"g\" {\n  y = nope(x)\n}") == "line 2, column 7: unknown operator \"nope\"");
  CHECK(why("graph \"g\" {\n  input x: f32[2]\n  y = relu(z)\n}") == "line 3, column 12: no value is named \"z\"");
  CHECK(why("graph \"g\" {\n  input x: f32[2]\n  x = relu(x)\n}") == "line 3, column 3: a value named \"x\" exists already");
  CHECK(why("graph \"g\" {\n  input x: f32[2]\n  y = clip(x) mix=1\n}") == "line 3, column 15: clip has no attribute \"mix\"");
  CHECK(why("graph \"g\" {\n  input x: f32[2]\n  y = relu(x) -> f32[3]\n}") ==
        "line 3, column 18: \"y\" is f32[3], the operator gives f32[2]");
  CHECK(why("graph \"g\" {\n  input x: f32[2\n}") == "line 2, column 17: expected `x` between extents");
  CHECK(why("graph \"g\" {\n  const c: f32[2] = {1}\n}") == "line 2, column 21: 1 values for shape 2");
  CHECK(why("graph \"g\" {\n  const c: u8[1] = {256}\n}") == "line 2, column 21: the number does not fit into u8");
  CHECK(why("graph \"g\" {\n  const c: f99[1] = {256}\n}").find("line 2, column 12: ") == 0);
  CHECK(why("graph \"g\" {\n  input x: f32[9999999999x9999999999]\n}").find("line 2, column 38: ") == 0);
  CHECK(why("graph \"g\" { input x: f32[2] quant(u8, zero=3); y = relu(x); output y }").find("scales") != std::string::npos);
  CHECK(why("graph \"g\" { input x: f32[2]; y = relu(x) output y }") == "line 1, column 42: relu has no attribute \"output\"");
  CHECK(why("graph \"g\" { input x: f32[2]").find("line 1, column 28: ") == 0);
}

// Whatever happens to the text: an Error or a graph, never anything else.
TEST_CASE("text: damaged texts") {
  std::string good = kCanonical;
  good.replace(good.find("\"input\", "), 9, "");
  good.replace(good.find("  e = everything() -> f32[]\n"), 28, "");
  Random random(7);
  int parsed = 0, refused = 0;
  for (int round = 0; round < 5000; ++round) {
    std::string text = good;
    for (uint64_t edits = 1 + random.below(3); edits > 0; --edits) {
      const size_t at = random.below(text.size());
      switch (random.below(4)) {
        case 0:
          text.erase(at, 1 + random.below(8));
          break;
        case 1:
          text[at] = static_cast<char>(random.below(128));
          break;
        case 2:
          text.insert(at, text.substr(random.below(text.size()), random.below(20)));
          break;
        default:
          text.resize(at + 1);
          break;
      }
    }
    try {
      const std::string once = print(parse(text, find_op));
      CHECK(print(parse(once, find_op)) == once);
      ++parsed;
    } catch (const Error& e) {
      CHECK(std::string_view(e.what()).starts_with("line "));
      ++refused;
    }
  }
  CHECK(parsed > 50);
  CHECK(refused > 1000);
}

TEST_CASE("text: floats come back bit for bit") {
  Random random(3);
  std::vector<float> values(64);
  for (int round = 0; round < 50; ++round) {
    for (float& v : values) {
      const auto bits = static_cast<uint32_t>(random.next());
      std::memcpy(&v, &bits, sizeof v);
      if (v != v) v = 0;
    }
    Graph graph;
    graph.add_output(graph.add_constant("c", Tensor::from<float>({64}, values)));
    const Graph back = parse(print(graph), find_op);
    CHECK(back.value(back.outputs()[0]).constant.same_as(graph.value(graph.outputs()[0]).constant));
  }
}

TEST_CASE("codebooks: printed, parsed, verified") {
  const std::string text =
      "graph \"g\" {\n  input x: f32[1x2x1x1] quant(u8, codes=0..9, levels=[0,4,9], scale=0.5, zero=0)\n"
      "  const w: f32[2x2x1x1] quant(i8, codes=-3..3, levels=[-3,-1,1,3], axis=0, scale=[1,2], zero=0) = {-3, 1, 3, -1}\n"
      "  y = conv2d(x, w) -> f32[1x2x1x1]\n  output y\n}\n";
  const Graph graph = parse(text, find_op);
  CHECK(parse(print(graph), find_op).value(*graph.find_value("w")).quant == graph.value(*graph.find_value("w")).quant);
  CHECK(print(graph).find("codes=0..9, levels=[0,4,9]") != std::string::npos);
  auto why = [&](const char* from, const char* to) {
    std::string changed = text;
    changed.replace(changed.find(from), std::string(from).size(), to);
    try {
      verify(parse(changed, find_op));
    } catch (const Error& error) {
      return std::string(error.what());
    }
    return std::string("accepted");
  };
  CHECK(why("[0,4,9]", "[0,9,4]").find("ascend") != std::string::npos);
  CHECK(why("[0,4,9]", "[0,4,8]").find("run from 0 to 8") != std::string::npos);
  CHECK(why("= {-3, 1", "= {-3, 0").find("code 0 is not one") != std::string::npos);
  CHECK(why("quant(u8, codes=0..9", "quant(i32, codes=0..9").find("u8 or i8") != std::string::npos);
  CHECK(why("0..9, levels=[0,4,9]", "-1..9, levels=[-1,9]").find("more than u8 holds") != std::string::npos);
  CHECK(nearest_level({0, 4, 9}, 2) == 0);  // the lower of two equally near
  CHECK(nearest_level({0, 4, 9}, 3) == 4);
  CHECK(nearest_level({0, 4, 9}, 7) == 9);
  CHECK(nearest_level({3, 5}, -100) == 3);
  CHECK(nearest_level({}, 7) == 7);
}
