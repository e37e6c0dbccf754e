#include <doctest/doctest.h>

#include "galet/transform/testing.h"

using namespace galet;
using namespace galet::transform::testing;

namespace {

/// Largest over smallest of the largest |weights| that make each channel.
double spread(const Graph& graph, const std::string& weight) {
  const Tensor& data = graph.value(*graph.find_value(weight)).constant;
  const int64_t per_channel = count(data.shape(), 1, data.rank());
  double low = 1e30, high = 0;
  for (int64_t c = 0; c < data.dim(0); ++c) {
    double most = 0;
    for (int64_t i = 0; i < per_channel; ++i) most = std::max(most, std::abs(static_cast<double>(data.data<float>()[c * per_channel + i])));
    low = std::min(low, most);
    high = std::max(high, most);
  }
  return high / low;
}

}  // namespace

TEST_CASE("equalize_channels: one pair becomes even on both sides") {
  // r1 = 1, 100; r2 = 4, 0.25: both become 2 and 5
  CHECK(check("equalize_channels",
              "input x: f32[1x1x2x2]; const w1: f32[2x1x1x1] = {1, 100}; const b1: f32[2] = {3, 40}; const w2: f32[1x2x1x1] = {4, -0.25}; "
              "const b2: f32[1] = {7}\n"
              "a = conv2d(x, w1, b1) activation=\"relu\" -> f32[1x2x2x2] stats(count=1, max=3); y = conv2d(a, w2, b2); output y",
              "input x: f32[1x1x2x2]; const w1: f32[2x1x1x1] = {2, 5}; const b1: f32[2] = {6, 2}; a = conv2d(x, w1, b1) "
              "activation=\"relu\"; const w2: f32[1x2x1x1] = {2, -5}; const b2: f32[1] = {7}\n"
              "y = conv2d(a, w2, b2); output y") == "");
}

TEST_CASE("equalize_channels: through a depthwise convolution, a pool and into a linear layer") {
  const std::string text =
      "input x: f32[1x1x4x4]; const w1: f32[2x1x1x1] = {0.01, 30}; const w2: f32[2x1x2x2] = {1, 2, 3, 4, 0.1, 0.2, 0.3, 0.4}; const w3: "
      "f32[2x2] = {5, 0.1, -6, 0.2}\n"
      "a = conv2d(x, w1); r = relu(a); d = conv2d(r, w2) group=2; g = global_average_pool(d); f = reshape(g) shape=[1,2]; y = linear(f, "
      "w3); output y";
  const Graph before = graph_of(text);
  Graph after = before;
  CHECK(reasons(transform::run_pass(after, "equalize_channels"), "equalized") == "a: with conv2d \"d\"; d: with linear \"y\"");
  CHECK(numeric_difference(before, after) == "");
  CHECK(spread(before, "w1") > 1000);
  CHECK(spread(after, "w1") < spread(before, "w1") / 10);
}

TEST_CASE("equalize_channels: what it leaves alone, and why") {
  Graph graph = graph_of(
      "input x: f32[1x1x2x2]; const w: f32[2x1x1x1] = {1, 100}; const v: f32[1x2x1x1] = {1, 2}; a = conv2d(x, w) activation=\"clip\"; y1 = "
      "conv2d(a, v); b = conv2d(x, w); y2 = conv2d(b, v)\n"
      "y3 = relu(b); c = conv2d(x, w); s = sigmoid(c); y4 = conv2d(s, v); output y1; output y2; output y3; output y4");
  const std::string before = print(graph);
  CHECK(reasons(transform::run_pass(graph, "equalize_channels")) ==
        "a: its clip does not scale with its source; y1: \"y1\" has several readers; b: \"b\" has several readers; y2: \"y2\" has several "
        "readers; "
        "c: sigmoid \"s\" stands behind it; y4: \"y4\" has several readers");
  CHECK(print(graph) == before);
}
