#include "galet/transform/passes.h"

#include <doctest/doctest.h>

#include <filesystem>
#include <set>

#include "galet/core/file.h"
#include "galet/transform/testing.h"

using namespace galet;
using namespace galet::transform::testing;

TEST_CASE("passes.inc and the folder agree") {
  std::filesystem::path folder = std::filesystem::path(__FILE__).parent_path();  // ccache makes it relative to the build folder
  if (!std::filesystem::exists(folder)) folder = "galet/transform";
  std::set<std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    const std::string stem = entry.path().stem();
    if (entry.path().extension() != ".cpp" || stem.ends_with("_test")) continue;
    if (read_file(entry.path()).find("\nPass " + stem + "() {") == std::string::npos) continue;
    files.insert(stem);
    CHECK_MESSAGE(std::filesystem::exists(folder / (stem + "_test.cpp")), "no test of " << stem);
  }
  CHECK(files == std::set<std::string>(transform::pass_names().begin(), transform::pass_names().end()));
}

TEST_CASE("unknown passes are refused by name") {
  Graph graph;
  CHECK_THROWS_WITH_AS(transform::run_pass(graph, "fold_nothing"),
                       doctest::Contains("unknown pass \"fold_nothing\", expected one of fold_constants"), Error);
  CHECK_THROWS_AS(transform::simplify(graph, {"fold_nothing"}), Error);
}

TEST_CASE("simplify: a residual block, and the same without one of its passes") {
  const std::string text =
      "input x: f32[1x1x2x2]; const w: f32[1x1x1x1] = {2}; const v: f32[1x1x1x1] = {-3}; const s: f32[1] = {2}; const t: f32[1] = {1}; "
      "const m: f32[1] = {0}; const q: f32[1] = {1}\n"
      "c = conv2d(x, w); n = batch_norm(c, s, t, m, q) epsilon=0; r = relu(n); d = conv2d(r, v); e = batch_norm(d, s, t, m, q) epsilon=0; "
      "i = identity(e); a = add(i, x); y = relu(a); output y";
  Graph graph = graph_of(text);
  const Remarks remarks = transform::simplify(graph);
  CHECK(print(graph) == print(graph_of("input x: f32[1x1x2x2]; const w: f32[1x1x1x1] = {4}; const c.bias: f32[1] = {1}; r = conv2d(x, w, "
                                       "c.bias) @c activation=\"relu\"\n"
                                       "const v: f32[1x1x1x1] = {-6}; const d.bias: f32[1] = {1}; e = conv2d(r, v, d.bias) @d; y = add(e, "
                                       "x) @a activation=\"relu\"; output y")));
  CHECK(numeric_difference(graph_of(text), graph) == "");
  CHECK(reasons(remarks, "folded") == "n: into conv2d \"c\"; e: into conv2d \"d\"");
  CHECK(reasons(remarks, "fused") == "r: into conv2d \"c\"; y: into add \"a\"");
  Graph other = graph_of(text);
  transform::simplify(other, {"fold_batchnorm"});
  CHECK(other.find_node("n").has_value());
}
