#include <doctest/doctest.h>

#include <limits>

#include "galet/ops/testing.h"

using namespace galet;
using namespace galet::ops::testing;
using F = std::vector<float>;

namespace {
constexpr float kInf = std::numeric_limits<float>::infinity();
Attributes pool(Ints kernel, Ints strides, Ints pads = {0, 0, 0, 0}, int64_t ceil_mode = 0) {
  return {{"kernel", std::move(kernel)}, {"strides", std::move(strides)}, {"pads", std::move(pads)}, {"ceil_mode", ceil_mode}};
}
}  // namespace

TEST_CASE("max_pool") {
  const Tensor src = f32({1, 1, 3, 3}, {1, 2, 3, 4, -5, 6, 7, 8, -9});
  CHECK(values<float>(run("max_pool", {src}, pool({2, 2}, {1, 1}))) == F{4, 6, 8, 8});
  CHECK(values<float>(run("max_pool", {src}, pool({2, 2}, {2, 2}, {0, 0, 0, 0}, 1))) == F{4, 6, 8, -9});
  CHECK(values<float>(run("max_pool", {src}, pool({3, 3}, {2, 2}, {1, 1, 1, 1}))) == F{4, 6, 8, 8});
  Attributes dilated = pool({2, 2}, {1, 1});
  dilated["dilations"] = Ints{2, 2};
  CHECK(values<float>(run("max_pool", {src}, dilated)) == F{7});
  CHECK(values<uint8_t>(run("max_pool", {iota<uint8_t>({1, 2, 2, 2})}, pool({2, 2}, {1, 1}))) == std::vector<uint8_t>{3, 7});
  // The last window would start in the padding: ceil_mode leaves it out.
  CHECK(run("max_pool", {iota<float>({1, 1, 2, 2})}, pool({1, 1}, {2, 2}, {0, 0, 1, 1}, 1)).shape() == Shape{1, 1, 1, 1});
}

TEST_CASE("pools refuse absurd windows, and survive legal huge ones") {
  const Tensor src = iota<float>({1, 1, 3, 3});
  CHECK_REFUSED("expected 4 (NCHW)", "max_pool", {iota<float>({1, 3, 3})}, pool({2, 2}, {1, 1}));
  CHECK_REFUSED("stride 0 is below 1", "max_pool", {src}, pool({2, 2}, {1, 0}));
  CHECK_REFUSED("1 kernel extents, expected 2", "max_pool", {src}, pool({2}, {1, 1}));
  CHECK_REFUSED("does not fit", "max_pool", {src}, pool({4, 1}, {1, 1}));
  CHECK_REFUSED("kernel extent -1", "average_pool", {src}, pool({-1, 1}, {1, 1}));
  CHECK_REFUSED("exceeds 2^31", "average_pool", {src}, pool({INT64_MAX, 1}, {1, 1}));
  CHECK_REFUSED("negative padding", "average_pool", {src}, pool({1, 1}, {1, 1}, {-1, 0, 0, 0}));
  CHECK_REFUSED("attribute kernel is missing", "average_pool", {src});
  const int64_t huge = int64_t{1} << 30;
  CHECK(values<float>(run("max_pool", {src}, pool({huge, huge}, {huge, huge}, {huge, huge, huge, huge}))) == F{-kInf, -kInf, -kInf, 8});
  CHECK_REFUSED("max_pool", "max_pool", {src}, pool({1, 1}, {1, 1}, {huge, huge, huge, huge}));
}

TEST_CASE("average_pool: what counts") {
  const Tensor src = f32({1, 1, 2, 2}, {1, 2, 3, 4});
  Attributes attributes = pool({2, 2}, {1, 1}, {1, 1, 0, 0});
  CHECK(values<float>(run("average_pool", {src}, attributes)) == F{1, 1.5, 2, 2.5});
  attributes["count_include_pad"] = int64_t{1};
  CHECK(values<float>(run("average_pool", {src}, attributes)) == F{0.25, 0.75, 1, 2.5});
  // ceil_mode: the part of the last window beyond the padding does not count
  const Tensor row = f32({1, 1, 1, 5}, {1, 2, 3, 4, 5});
  attributes = pool({1, 3}, {1, 3}, {0, 0, 0, 0}, 1);
  attributes["count_include_pad"] = int64_t{1};
  CHECK(values<float>(run("average_pool", {row}, attributes)) == F{2, 4.5});
  attributes["pads"] = Ints{0, 1, 0, 1};  // |0 1 2|3 4 5|0: the last window starts at the trailing pad and is left out
  CHECK(values<float>(run("average_pool", {row}, attributes)) == F{1, 4});
  attributes["dilations"] = Ints{1, 2};  // taps at -1 1 3, then at 2 4 and one beyond the padding
  CHECK(values<float>(run("average_pool", {row}, attributes)) == F{2, 4});
}

TEST_CASE("global pools take any number of spatial dimensions") {
  const Tensor src = iota<float>({1, 2, 1, 2, 2});
  const Tensor mean = run("global_average_pool", {src});
  CHECK(mean.shape() == Shape{1, 2, 1, 1, 1});
  CHECK(values<float>(mean) == F{1.5, 5.5});
  CHECK(values<float>(run("global_max_pool", {src})) == F{3, 7});
  CHECK_REFUSED("at least 3 dimensions", "global_max_pool", {iota<float>({1, 2})});
  CHECK_REFUSED("nothing to pool", "global_average_pool", {f32({1, 2, 0}, {})});
}
