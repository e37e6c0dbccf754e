// Sessions that take 8-bit pixels give what they give for the float image, to the bit.
#include "galet/runtime/pixels.h"

#include <doctest/doctest.h>

#include "galet/core/pixels.h"
#include "galet/runtime/random_network.h"
#include "galet/runtime/session.h"

using namespace galet;
using namespace galet::runtime;
using testing::NetworkBuilder;

namespace {

Graph network(bool quantized, int64_t channels, const char* order, bool reads_floats_too = false) {
  NetworkBuilder b(11, quantized);
  const ValueId x = b.input({1, channels, 13, 17});
  const Attributes attributes{{"strides", Ints{2, 2}},
                              {"pads", Ints{1, 1, 1, 1}},
                              {"dilations", Ints{1, 1}},
                              {"group", int64_t{1}},
                              {"activation", std::string("relu")}};
  b.graph.add_output(b.conv(x, 20, 3, attributes));
  if (reads_floats_too) {
    const ValueId highest = b.op("reduce_max", {x}, {{"axes", Ints{3}}});
    b.clear_spec(highest);
    b.graph.add_output(highest);
  }
  b.graph.info.preprocessing.order = order;
  b.graph.info.preprocessing.mean = {0.485f, 0.3f, 0.6f};
  b.graph.info.preprocessing.std = {0.229f, 0.1f, 0.45f};
  return b.graph;
}

/// Every code in every channel.
Tensor pixels_for(const Graph& graph, int64_t images) {
  Shape shape = pixel_shape(graph);
  shape[0] = images;
  Tensor pixels(DType::u8, shape);
  Random random(3);
  for (int64_t i = 0; i < pixels.size(); ++i)
    pixels.mutable_data<uint8_t>()[i] = static_cast<uint8_t>(i < 768 ? i / 3 : static_cast<int64_t>(random.below(256)));
  return pixels;
}

}  // namespace

TEST_CASE("pixels give the bits of the float image") {
  for (const bool quantized : {true, false})
    for (const auto& [order, channels] : {std::pair("rgb", 3), std::pair("bgr", 3), std::pair("gray", 1), std::pair("gray", 3)})
      for (const bool reads_floats_too : {false, true}) {
        const Graph graph = network(quantized, channels, order, reads_floats_too);
        const Tensor pixels = pixels_for(graph, 3), image = float_image(graph, pixels);
        for (const Isa isa : supported_isas())
          for (const int threads : {1, 2}) {
            CAPTURE(quantized);
            CAPTURE(order);
            CAPTURE(channels);
            CAPTURE(to_string(isa));
            const std::vector<Tensor> expected = Session(graph, {.threads = threads, .isa = isa}).run_codes({&image, 1});
            const std::vector<Tensor> found = Session(graph, {.threads = threads, .isa = isa, .pixels = true}).run_codes({&pixels, 1});
            for (size_t i = 0; i < expected.size(); ++i) CHECK(found[i].same_as(expected[i]));
          }
        const std::vector<Tensor> oracle = Session(graph, {.reference = true}).run_codes({&image, 1});
        const std::vector<Tensor> found = Session(graph, {.reference = true, .pixels = true}).run_codes({&pixels, 1});
        for (size_t i = 0; i < oracle.size(); ++i) CHECK(found[i].same_as(oracle[i]));
      }
}

TEST_CASE("a float image is made only for a network that begins in float") {
  const auto steps = [](const Graph& graph) {
    std::string kernels;
    for (const StepTiming& step : Session(graph, {.pixels = true}).timings()) kernels += step.kernel + "; ";
    return kernels;
  };
  CHECK(steps(network(true, 3, "rgb")).find("f32") == std::string::npos);
  CHECK(steps(network(true, 3, "rgb")).find("pixels to codes") != std::string::npos);
  CHECK(steps(network(false, 3, "rgb")).find("pixels to f32") != std::string::npos);
}

TEST_CASE("a visitor sees the input as codes or floats") {
  for (const bool reference : {true, false}) {
    const Graph graph = network(true, 3, "bgr");
    const Tensor pixels = pixels_for(graph, 1), image = float_image(graph, pixels);
    Tensor seen;
    Session session(graph, {.reference = reference, .keep_all = true, .pixels = true});
    session.run_visiting({&pixels, 1}, Visit::codes, [&](ValueId id, const Tensor& tensor) {
      if (id == graph.inputs()[0]) seen = tensor;
    });
    Tensor expected;
    Session(graph, {.reference = reference, .keep_all = true})
        .run_visiting({&image, 1}, Visit::codes, [&](ValueId id, const Tensor& tensor) {
          if (id == graph.inputs()[0]) expected = tensor;
        });
    REQUIRE(expected.defined());
    CHECK(seen.same_as(expected));
  }
}

TEST_CASE("float_image follows the preprocessing") {
  const Graph graph = network(true, 3, "bgr");
  Tensor pixels(DType::u8, pixel_shape(graph));
  pixels.mutable_data<uint8_t>()[0] = 200;  // red of the first pixel: the last channel of the network
  const Tensor image = float_image(graph, pixels);
  CHECK(image.data<float>()[2 * 13 * 17] == (200.f / 255.f - 0.6f) / 0.45f);
  CHECK(image.data<float>()[0] == (0.f - 0.485f) / 0.229f);
}

TEST_CASE("what cannot be pixels is refused") {
  const Graph graph = network(true, 3, "rgb");
  Session session(graph, {.pixels = true});
  CHECK_THROWS_WITH_AS(session.run(std::vector{Tensor(DType::f32, {1, 3, 13, 17})}), "input \"x\" is of f32, expected u8", Error);
  CHECK_THROWS_WITH_AS(session.run(std::vector{Tensor(DType::u8, {1, 3, 13, 17})}), doctest::Contains("expected 1x13x17x3"), Error);
  CHECK_THROWS_WITH_AS(Session(network(true, 5, "rgb"), {.pixels = true}), doctest::Contains("5 channels"), Error);
  CHECK_THROWS_WITH_AS(Session(network(true, 1, "rgb"), {.pixels = true}), doctest::Contains("1 channels"), Error);
  Graph flat = graph;
  flat.info.preprocessing.std[1] = 0;
  CHECK_THROWS_WITH_AS(Session(flat, {.pixels = true}), doctest::Contains("std"), Error);
}
