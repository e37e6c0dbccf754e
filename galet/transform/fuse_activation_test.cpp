#include <doctest/doctest.h>

#include "galet/transform/testing.h"

using namespace galet;
using namespace galet::transform::testing;

TEST_CASE("fuse_activation: relu and clip into layers and additions") {
  CHECK(check("fuse_activation",
              "input x: f32[1x1x2x2]; const w: f32[1x1x1x1] = {2}; c = conv2d(x, w); r = relu(c); d = conv2d(r, w); s = add(d, x); y = "
              "clip(s) min=-1 max=2; output y",
              "input x: f32[1x1x2x2]; const w: f32[1x1x1x1] = {2}; r = conv2d(x, w) @c activation=\"relu\"; d = conv2d(r, w)\n"
              "y = add(d, x) @s activation=\"clip\" clip_min=-1 clip_max=2; output y") == "");
}

TEST_CASE("fuse_activation: activations are composed") {
  CHECK(check("fuse_activation",
              "input x: f32[2]; input z: f32[2]; a = add(x, z) activation=\"relu\"; b = clip(a) min=-3 max=1.5; c = relu(b); output c",
              "input x: f32[2]; input z: f32[2]; c = add(x, z) @a activation=\"clip\" clip_min=0 clip_max=1.5; output c") == "");
  // Ranges that do not meet leave a constant.
  CHECK(check("fuse_activation",
              "input x: f32[2]; input z: f32[2]; a = add(x, z); b = clip(a) min=1 max=2; c = clip(b) min=3 max=4; output c",
              "input x: f32[2]; input z: f32[2]; c = add(x, z) @a activation=\"clip\" clip_min=3 clip_max=3; output c") == "");
}

TEST_CASE("fuse_activation: quantization decides") {
  const std::string head = "input x: f32[2]; input z: f32[2]\n";
  CHECK(check("fuse_activation", head + "a = add(x, z); b = relu(a) -> f32[2] quant(u8, scale=0.1, zero=0); output b",
              head + "b = add(x, z) @a activation=\"relu\" -> f32[2] quant(u8, scale=0.1, zero=0); output b") == "");
  CHECK(check("fuse_activation",
              head + "a = add(x, z) -> f32[2] quant(u8, scale=0.1, zero=9); b = relu(a) -> f32[2] quant(u8, scale=0.1, zero=9); output b",
              head + "b = add(x, z) @a activation=\"relu\" -> f32[2] quant(u8, scale=0.1, zero=9); output b") == "");
  Graph graph = graph_of(head +
                         "a = add(x, z) -> f32[2] quant(u8, scale=0.1, zero=9); b = relu(a) -> f32[2] quant(u8, scale=0.1, zero=0); output "
                         "b; c = add(x, z); d = relu(c); output c; output d");
  CHECK(reasons(transform::run_pass(graph, "fuse_activation")) == "b: \"a\" has a quantization of its own; d: \"c\" has other readers");
}
