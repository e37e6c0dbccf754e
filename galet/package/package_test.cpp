#include "galet/package/package.h"

#include <doctest/doctest.h>

#include <cstdio>
#include <filesystem>
#include <functional>

#include "galet/core/file.h"
#include "galet/core/random.h"
#include "galet/ir/rewriter.h"
#include "galet/ops/ops.h"
#include "galet/package/testing.h"

using namespace galet;
using package::testing::put;
using package::testing::TemporaryFile;

std::string with_metadata(const std::string& file, const std::function<void(std::vector<uint8_t>&)>& change);  // repair_test.cpp

namespace {

Graph sample() {
  Graph graph;
  graph.info.name = "sample";
  graph.info.labels = {"a", "b"};
  graph.info.calibration_samples = {"x/1.jpg", "x/2.jpg"};
  graph.info.metadata["observer"] = "min_max";
  const ValueId src = graph.add_input("image", DType::f32, {1, 3, 4, 4});
  QuantSpec weight_spec{DType::i8, -127, 127, 0, {0.5f, 0.25f}, {0, 0}, false};
  const ValueId weight =
      graph.add_constant("conv.weight", Tensor::from<int8_t>({2, 3, 1, 1}, std::vector<int8_t>{1, 2, 3, -4, 5, 6}), weight_spec);
  const NodeId conv = graph.add_node(ops::get("conv2d"), "conv", {src, weight, ValueId{}}, {{"activation", std::string("relu")}});
  graph.add_output(graph.result(conv));
  Rewriter rewriter(graph);
  rewriter.set_quant(src, QuantSpec{DType::u8, 0, 255, -1, {0.02f}, {114}, false});
  rewriter.set_stats(src, Stats{48, -1, 2, 0.5, 0.25, -1, 2, "min_max"});
  rewriter.set_quant(graph.result(conv), QuantSpec{DType::u8, 0, 255, -1, {0.1f}, {0}, false});
  graph.info.preprocessing.letterbox = true;
  graph.info.preprocessing.fill = 7;
  verify(graph);
  return graph;
}

}  // namespace

TEST_CASE("a package comes back as it was, byte for byte") {
  TemporaryFile a, b;
  const Graph graph = sample();
  package::save(graph, a.path);
  const Graph back = package::load(a.path);
  package::save(back, b.path);
  CHECK(read_file(a.path) == read_file(b.path));
  CHECK(package::is_package(a.path));
  CHECK(back.info.labels == graph.info.labels);
  CHECK(back.info.calibration_samples == graph.info.calibration_samples);
  CHECK(back.info.metadata == graph.info.metadata);
  CHECK(back.info.preprocessing == graph.info.preprocessing);
  const Value& weight = back.value(*back.find_value("conv.weight"));
  CHECK(weight.constant.same_as(graph.value(*graph.find_value("conv.weight")).constant));
  CHECK(weight.quant == graph.value(*graph.find_value("conv.weight")).quant);
  CHECK(weight.dtype == DType::f32);
  CHECK(back.value(back.inputs()[0]).stats == graph.value(graph.inputs()[0]).stats);
  const package::Sections sections = package::sections(a.path);
  CHECK(sections.total == read_file(a.path).size());
  CHECK(sections.constants == 64);
}

TEST_CASE("every single damaged byte is noticed, and so is every cut") {
  TemporaryFile good, bad;
  package::save(sample(), good.path);
  const std::string bytes = read_file(good.path);
  Random random(1);
  for (int i = 0; i < 1000; ++i) {
    std::string mutated = bytes;
    if (i % 3 == 0)
      mutated.resize(random.below(bytes.size()));
    else
      mutated[random.below(bytes.size())] ^= static_cast<char>(1 + random.below(255));
    put(bad.path, mutated);
    CHECK_THROWS_AS(package::load(bad.path), Error);
  }
  CHECK_THROWS_WITH_AS(package::load("/nonexistent.galet"), doctest::Contains("cannot open"), Error);
}

TEST_CASE("a hostile file with right checksums is still refused without a crash") {
  // Mutate metadata and repair the checksum: the FlatBuffers verifier and the reader's own checks have to hold.
  TemporaryFile good, bad;
  package::save(sample(), good.path);
  const std::string bytes = read_file(good.path);
  Random random(2);
  int refused = 0;
  for (int i = 0; i < 2000; ++i) {
    put(bad.path, with_metadata(bytes, [&](std::vector<uint8_t>& metadata) {
          for (uint64_t k = 1 + random.below(3); k > 0; --k)
            metadata[random.below(metadata.size())] ^= static_cast<uint8_t>(1 << random.below(8));
        }));
    try {
      package::load(bad.path);
    } catch (const Error&) {
      ++refused;
    }
  }
  CHECK(refused > 500);
}
