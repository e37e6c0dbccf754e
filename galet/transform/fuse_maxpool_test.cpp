#include <doctest/doctest.h>

#include "galet/transform/testing.h"

using namespace galet;
using namespace galet::transform::testing;

TEST_CASE("fuse_maxpool: relu and clip move before the maximum") {
  const std::string head = "input x: f32[1x1x4x4]; const w: f32[1x1x1x1] = {2}\n";
  CHECK(check("fuse_maxpool", head + "c = conv2d(x, w); p = max_pool(c) kernel=[2,2] pads=[1,1,0,0]; y = clip(p) min=-1 max=1; output y",
              head + "c = conv2d(x, w); y_1 = clip(c) min=-1 max=1; y = max_pool(y_1) @p kernel=[2,2] pads=[1,1,0,0]; output y") == "");
  const std::string average = head + "c = conv2d(x, w); p = average_pool(c) kernel=[2,2]; y = relu(p); output y";
  CHECK(check("fuse_maxpool", average, average) == "");
}

TEST_CASE("simplify: pool before relu and relu before pool are the same network") {
  const std::string head = "input x: f32[1x1x4x4]; const w: f32[1x1x1x1] = {2}\n";
  Graph a = graph_of(head + "c = conv2d(x, w); p = max_pool(c) kernel=[2,2]; y = relu(p); output y");
  Graph b = graph_of(head + "c = conv2d(x, w); r = relu(c); y = max_pool(r) @p kernel=[2,2]; output y");
  transform::simplify(a);
  transform::simplify(b);
  CHECK(a.order().size() == 2);
  CHECK(b.order().size() == 2);
  CHECK(numeric_difference(a, b, 0) == "");
}
