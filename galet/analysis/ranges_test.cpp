#include "galet/analysis/ranges.h"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

#include "galet/calibrate/calibrate.h"
#include "galet/data/loader.h"
#include "galet/ir/rewriter.h"
#include "galet/runtime/codes.h"
#include "galet/runtime/session.h"
#include "tests/support/random_net.h"

using namespace galet;
using namespace galet::analysis;

namespace {

const TensorRange& find(const Ranges& ranges, const std::string& name) {
  for (const TensorRange& tensor : ranges.tensors)
    if (tensor.name == name) return tensor;
  FAIL("no range of " << name);
  return ranges.tensors[0];
}

Graph with_weight(Tensor weight) {
  Graph graph;
  const ValueId x = graph.add_input("x", DType::f32, {1, weight.dim(1)});
  const ValueId w = graph.add_constant("fc.weight", std::move(weight));
  graph.add_output(graph.result(graph.add_node(ops::get("linear"), "fc", {x, w})));
  return graph;
}

}  // namespace

TEST_CASE("ranges: a weight's numbers by hand") {
  // Two channels: one eight times the other, one channel all zero.
  const Graph graph = with_weight(Tensor::from<float>({4, 2}, std::vector<float>{1, -1, 1, -0.5f, 8, 4, 0, 0}));
  RangesOptions options;
  options.sigmas = {0.5, 2};
  const Ranges result = ranges(graph, nullptr, options);
  REQUIRE(result.tensors.size() == 1);
  const TensorRange& t = result.tensors[0];
  CHECK(t.kind == RangeKind::weight);
  CHECK(t.layer == "fc");
  CHECK(t.min == -1);
  CHECK(t.max == 8);
  CHECK(t.mean == doctest::Approx(12.5 / 8));
  const double sigma = std::sqrt((1 + 1 + 1 + 0.25 + 64 + 16) / 8 - t.mean * t.mean);
  CHECK(t.sigma == doctest::Approx(sigma));
  CHECK(t.sigmas[0].outside_percent == 100 * 6 / 8.0);  // but for 1, 1: outside of 0.16 .. 2.96
  CHECK(t.sigmas[1].low == -1);
  CHECK(t.sigmas[1].high == doctest::Approx(t.mean + 2 * sigma));
  CHECK(t.sigmas[1].outside_percent == 100 / 8.0);
  CHECK(t.zero_percent == 25);
  CHECK(t.channels.size() == 4);
  CHECK(t.dead_channels == 1);
  REQUIRE(t.dwarfing.size() == 1);
  CHECK(t.dwarfing[0].channel == 2);
  CHECK(t.dwarfing[0].ratio == 8);
  // One scale: codes -16 .. 127 of -127 .. 127. Per channel: all, -64 .. 127, 64 .. 127 and 0 alone.
  CHECK(t.unused_codes_tensor_percent == doctest::Approx(100.0 * (255 - 144) / 255));
  CHECK(t.unused_codes_percent == doctest::Approx(100.0 * (0 + (255 - 192) + (255 - 64) + 254) / 4 / 255));
  CHECK(t.empty_codes == 144 - 6);
  CHECK(result.footprint.weights == 8);
  CHECK(result.footprint.weight_bytes(32) == 32);
  CHECK(result.footprint.weight_bytes(2) == 2);
  CHECK(result.images == 0);
}

TEST_CASE("ranges: activations as a second look finds them, whatever the number of threads") {
  const Graph graph = testing::random_net();
  const testing::RandomImages images(40);
  RangesOptions options;
  options.samples = 20;
  options.threads = 1;
  const Ranges one = ranges(graph, &images, options);
  options.threads = 3;
  const Ranges three = ranges(graph, &images, options);
  CHECK(one.images == 20);
  CHECK(find(one, "input").kind == RangeKind::input);
  std::map<std::string, std::vector<float>> seen;
  runtime::Session session(graph, {.reference = true});
  for (const int64_t i : data::random_indices(images, 20, 1)) {
    const Tensor image = images.get(i).tensor.reshaped({1, 3, 12, 12});
    session.run_visiting({&image, 1}, runtime::Visit::real, [&](ValueId id, const Tensor& tensor) {
      auto& all = seen[graph.value(id).name];
      all.insert(all.end(), tensor.span<float>().begin(), tensor.span<float>().end());
    });
  }
  for (const auto& [name, all] : seen) {
    CAPTURE(name);
    const TensorRange& t = find(one, name);
    CHECK(t.count == static_cast<int64_t>(all.size()));
    CHECK(t.max == doctest::Approx(*std::max_element(all.begin(), all.end())).epsilon(1e-5));
    for (const SigmaRange& s : t.sigmas) {
      double outside = 0;
      for (const float x : all) outside += std::fabs(static_cast<double>(x) - t.mean) > s.n * t.sigma ? 1 : 0;
      CHECK(s.outside_percent == doctest::Approx(100 * outside / static_cast<double>(all.size())).epsilon(0.02).scale(1));
      CHECK(s.low >= t.min);
      CHECK(s.high <= t.max);
    }
    CHECK(t.sigma == find(three, name).sigma);
    CHECK(t.histogram.counts == find(three, name).histogram.counts);
    if (t.shape.size() == 4) CHECK(t.channels.size() == static_cast<size_t>(t.shape[1]));
  }
  CHECK(find(one, "sum").zero_percent > 20);  // behind a relu
  CHECK(find(one, "sum").sigmas[2].low == 0);
  CHECK(find(one, "sum").sigmas[2].wasted_codes > 20);
}

TEST_CASE("ranges: codes of an integer network") {
  Graph graph = with_weight(Tensor::from<float>({1, 2}, std::vector<float>{1, 0.5f}));
  Rewriter rewriter(graph, "test");
  QuantSpec spec;
  spec.scales = {0.1f};
  spec.zero_points = {20};
  rewriter.set_quant(graph.inputs()[0], spec);
  class Two : public testing::RandomImages {
   public:
    Two() : RandomImages(2) {}
    data::Sample get(int64_t i) const override {
      data::Sample sample;
      sample.tensor = Tensor::from<float>({2}, i == 0 ? std::vector<float>{-5, 1} : std::vector<float>{0, 100});
      return sample;
    }
  } images;
  const Ranges result = ranges(graph, &images);
  const TensorRange& t = find(result, "x");
  CHECK(t.coded);
  CHECK(t.code_min == 0);
  CHECK(t.code_max == 255);
  CHECK(t.min == doctest::Approx(-2));
  CHECK(t.max == doctest::Approx(23.5));
  CHECK(t.saturated_percent == 50);
  CHECK(t.zero_percent == 25);
  CHECK(t.mean == doctest::Approx((-2 + 1 + 0 + 23.5) / 4));
}

TEST_CASE("ranges: refusals and odd networks") {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  CHECK_THROWS_WITH_AS(ranges(with_weight(Tensor::from<float>({1, 2}, std::vector<float>{1, nan})), nullptr),
                       "weight \"fc.weight\" of layer \"fc\" is not finite: element 1 of 2 is nan", Error);
  Graph bare;
  bare.add_output(bare.result(bare.add_node(ops::get("relu"), "r", {bare.add_input("x", DType::f32, {1, 3, 12, 12})})));
  CHECK_THROWS_WITH_AS(ranges(bare, nullptr), doctest::Contains("no constant weights"), Error);
  const testing::RandomImages images(3), none(0);
  CHECK(ranges(bare, &images).tensors.size() == 2);
  CHECK_THROWS_WITH_AS(ranges(bare, &none), "0 random images: no images", Error);
  RangesOptions options;
  options.sigmas = {0};
  CHECK_THROWS_AS(ranges(bare, &images, options), Error);
  const Ranges zeros = ranges(with_weight(Tensor::from<float>({2, 2}, std::vector<float>(4, 0.0f))), nullptr);
  CHECK(zeros.tensors[0].sigma == 0);
  CHECK(zeros.tensors[0].dead_channels == 2);
  const Ranges constant = ranges(with_weight(Tensor::from<float>({2, 2}, std::vector<float>(4, 0.3f))), nullptr);
  CHECK(constant.tensors[0].sigma == 0);
  CHECK(constant.tensors[0].sigmas[0].outside_percent == 0);
}
