#include "galet/ir/pattern.h"

#include <doctest/doctest.h>

#include <stdexcept>

#include "galet/ir/pass.h"
#include "galet/ir/testing_ops.h"
#include "galet/ir/text.h"

using namespace galet;

namespace {

/// Statements in, a graph with inputs x, z and constants out.
Graph graph_of(const std::string& statements) {
  return parse(
      "graph \"g\" { input x: f32[2]; input z: f32[2]; const three: f32[] = {3}; const six: f32[2] = {6, 6}; const sixth: f32[] = "
      "{0.16666667}; " +
          statements + "}",
      testing::find_op);
}

/// Names of the nodes where the pattern fits.
std::string where(const std::string& pattern, const Graph& graph) {
  const Pattern p(pattern);
  std::string names;
  for (const NodeId id : graph.order())
    if (Match m; p.fits(graph, id, m)) names += (names.empty() ? "" : " ") + graph.node(id).name;
  return names;
}

}  // namespace

TEST_CASE("pattern: calls, names, constants, literals") {
  const Graph g = graph_of(
      "a = add(three, x); b = clip(a) max=6; c = mul(b, sixth); d = mul(x, c); e = sub(x, three); f = sub(three, x); output d; output e; "
      "output f");
  CHECK(where("add(x, 3)", g) == "a");
  CHECK(where("sub(x, 3)", g) == "e");
  CHECK(where("sub(x, #c)", g) == "e");
  CHECK(where("add|sub(x, 3)", g) == "a e");
  CHECK(where("clip(y){min=0,max=6}", g) == "b");
  CHECK(where("clip(y){max=5}", g) == "");
  CHECK(where("mul(y, 1/6)", g) == "c");
  CHECK(where("mul(y, 1/7)", g) == "");
  CHECK(where("mul(x, mul(clip(add(x, 3)), 1/6))", g) == "d");
  CHECK(where("mul(x, mul(clip(add(y, 3)), #k))", g) == "d");
  CHECK(where("mul(mul(clip(y), 1/6), y)", g) == "");
}

TEST_CASE("pattern: bindings") {
  const Graph g = graph_of("const w: f32[2] = {1, 2}; c = conv2d(x, w) strides=[2,2]; r = relu(c); output r");
  const Pattern p("relu(k=conv2d(src, #w, #b?){strides=[2,2]}!)");
  Match m;
  REQUIRE(p.fits(g, *g.find_node("r"), m));
  CHECK(m["src"] == *g.find_value("x"));
  CHECK(m.constant("w").span<float>()[1] == 2);
  CHECK_FALSE(m["b"].valid());
  CHECK_FALSE(m.has("b"));
  CHECK(m.node("k") == *g.find_node("c"));
  CHECK(m.node("conv2d") == *g.find_node("c"));
  CHECK(m["k"] == *g.find_value("c"));
  CHECK_THROWS_AS(m["nothing"], std::logic_error);
  CHECK(p.operators() == std::vector<std::string>{"relu", "conv2d"});
}

TEST_CASE("pattern: lone results") {
  CHECK(where("relu(relu(x)!)", graph_of("a = relu(x); b = relu(a); output b")) == "b");
  CHECK(where("relu(relu(x)!)", graph_of("a = relu(x); b = relu(a); output b; output a")) == "");
  CHECK(where("relu(relu(x)!)", graph_of("a = relu(x); b = relu(a); c = add(a, b); output c")) == "");
  CHECK(where("relu(relu(x))", graph_of("a = relu(x); b = relu(a); c = add(a, b); output c")) == "b");
  CHECK(where("mul(y!, y)", graph_of("a = relu(x); b = mul(a, a); output b")) == "b");
}

TEST_CASE("pattern: a wrong turn in one operand is taken back in another") {
  // The first order of the inner add fits it, but then binds y to the wrong value for the outer operand.
  const Graph g = graph_of("a = add(x, z); b = mul(a, z); c = mul(a, x); d = add(b, c); output d");
  CHECK(where("mul(add(y, u), y)", g) == "b c");
  CHECK(where("add(mul(add(y, u), y), mul(add(u, y), u))", g) == "d");
  CHECK(where("mul(add(( relu(y) | y ), u), y)", g) == "b c");
}

TEST_CASE("pattern: only the first result, no surplus operands") {
  const Graph g =
      graph_of("v, i = top_k(x); a = relu(v); b = relu(i); c = concat(x, z, a); d = clip(x, _, z); output b; output c; output d");
  CHECK(where("relu(top_k(x))", g) == "a");
  CHECK(where("concat(x, y)", g) == "");
  CHECK(where("concat(x, y, a)", g) == "c");
  CHECK(where("clip(x)", g) == "");
  CHECK(where("clip(x, l?, h?)", g) == "d");
  CHECK(where("*", g) == "v a b c d");
}

TEST_CASE("pattern: a fused activation has to be spoken of") {
  const Graph g = graph_of(
      "a = conv2d(x, z); b = conv2d(x, z) activation=\"relu\"; c = conv2d(x, z) activation=\"none\"; output a; output b; output c");
  CHECK(where("conv2d(x, z)", g) == "a c");
  CHECK(where("conv2d(x, z){activation=any}", g) == "a b c");
  CHECK(where("conv2d(x, z){activation=\"relu\"}", g) == "b");
  CHECK(where("conv2d(x, z){activation=\"none\", strides=[1,1]}", g) == "a c");
}

TEST_CASE("pattern: mistakes") {
  for (const char* text :
       {"", "x", "relu(x", "relu(x))", "relu(x){a}", "relu(,)", "#c", "relu(#)", "add(x, 1/)", "r=x", "relu(x){s=\"a}"}) {
    CAPTURE(text);
    CHECK_THROWS_AS(Pattern{text}, std::logic_error);
  }
}

TEST_CASE("pass: to the fixpoint, remarks in order, dead nodes dropped") {
  Pass pass = rewrite("relu(relu(x)!)", [](const Match& m, Rewriter& rw) -> Decision {
    rw.set_operand(m.root, 0, m["x"]);
    return applied("twice is once");
  });
  pass.also("relu(sigmoid(x))", [](const Match&, Rewriter&) { return keep("sigmoid is never negative, but this is a test"); });
  pass.name = "eliminate_twice";
  Graph g = graph_of("s = sigmoid(x); a = relu(s); b = relu(a); c = relu(b); d = relu(c); dead = add(x, z); output d");
  const Remarks remarks = pass.run(g);
  CHECK(print(g, {.constants = false}) ==
        "graph \"g\" {\n  input x: f32[2]\n  input z: f32[2]\n  s = sigmoid(x) -> f32[2]\n  d = relu(s) -> f32[2]\n  output d\n}\n");
  REQUIRE(remarks.size() == 4);
  CHECK(remarks[0].step == "eliminate_twice");
  CHECK(remarks[0].decision == "eliminated");
  CHECK(remarks[0].node == "b");
  CHECK(remarks[3].node == "d");
  CHECK(remarks[3].decision == "kept");
  CHECK(pass.run(g).size() == 1);
}

TEST_CASE("pass: rules that never end are found out") {
  Pass pass = rewrite("add(x, y)", [](const Match& m, Rewriter& rw) {
    rw.set_operand(m.root, 0, m["y"]);
    rw.set_operand(m.root, 1, m["x"]);
    return applied("swapped");
  });
  Graph g = graph_of("a = add(x, z); output a");
  CHECK_THROWS_AS(pass.run(g), std::logic_error);
}
