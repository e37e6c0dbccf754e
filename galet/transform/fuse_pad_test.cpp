#include <doctest/doctest.h>

#include "galet/transform/testing.h"

using namespace galet;
using namespace galet::transform::testing;

namespace {

const std::string kHead = "input x: f32[1x1x4x4]; const w: f32[1x1x2x2] = {1, 2, 3, 4}\n";

}  // namespace

TEST_CASE("fuse_pad: into convolutions") {
  CHECK(check("fuse_pad", kHead + "p = pad(x) pads=[0,0,1,0,0,0,0,2]; y = conv2d(p, w) pads=[0,1,1,0] activation=\"relu\"; output y",
              kHead + "y = conv2d(x, w) pads=[1,1,1,2] activation=\"relu\"; output y") == "");
}

TEST_CASE("fuse_pad: into pools") {
  CHECK(check("fuse_pad", kHead + "p = pad(x) pads=[0,0,1,0,0,0,0,1]; y = average_pool(p) kernel=[2,2] strides=[2,2]; output y",
              "input x: f32[1x1x4x4]; y = average_pool(x) count_include_pad=1 kernel=[2,2] strides=[2,2] pads=[1,0,0,1]; output y") == "");
  CHECK(check("fuse_pad", kHead + "p = pad(x) pads=[0,0,1,0,0,0,0,1] value=-inf; y = max_pool(p) kernel=[2,2]; output y",
              "input x: f32[1x1x4x4]; y = max_pool(x) kernel=[2,2] pads=[1,0,0,1]; output y") == "");
  CHECK(check("fuse_pad", kHead + "r = relu(x); p = pad(r) pads=[0,0,1,1,0,0,1,1]; y = max_pool(p) kernel=[3,3] strides=[2,2]; output y",
              "input x: f32[1x1x4x4]; r = relu(x); y = max_pool(r) kernel=[3,3] strides=[2,2] pads=[1,1,1,1]; output y") == "");
}

TEST_CASE("fuse_pad: what it leaves alone, and why") {
  Graph graph = graph_of(kHead +
                         "a = pad(x) pads=[0,0,1,1,0,0,1,1] value=1; y1 = conv2d(a, w); b = pad(x) pads=[0,0,1,1,0,0,1,1] "
                         "mode=\"reflect\"; y2 = conv2d(b, w)\n"
                         "c = pad(x) pads=[0,0,1,1,0,0,1,1]; y3 = max_pool(c) kernel=[3,3]; d = pad(x) pads=[0,0,1,1,0,0,1,1]; y4 = "
                         "average_pool(d) kernel=[2,2]\n"
                         "e = pad(x) pads=[0,0,1,0,0,0,0,0]; y5 = average_pool(e) kernel=[3,3] pads=[1,1,0,0]; f = pad(x) "
                         "pads=[0,0,0,0,0,1,0,0]; const u: f32[1x2x2x2] = {1,2,3,4,5,6,7,8}\n"
                         "y6 = conv2d(f, u); g = pad(x) pads=[0,0,-1,0,0,0,0,0]; y7 = conv2d(g, w); output y1; output y2; output y3; "
                         "output y4; output y5; output y6; output y7");
  const std::string before = print(graph);
  CHECK(reasons(transform::run_pass(graph, "fuse_pad")) ==
        "y1: it pads with 1, a convolution with 0; y2: it pads by reflect; y3: the maximum may be the 0 that it pads with; y4: windows "
        "would lie in the padding alone; "
        "y5: the average would count other elements");
  CHECK(print(graph) == before);
}
