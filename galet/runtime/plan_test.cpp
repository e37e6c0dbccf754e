// The plan against the reference: same codes on every instruction set and with any number of threads; floats close, and free of threads.
#include <doctest/doctest.h>

#include <cmath>
#include <functional>
#include <map>
#include <thread>

#include "galet/core/isa.h"
#include "galet/runtime/random_network.h"
#include "galet/runtime/session.h"

using namespace galet;
using namespace galet::runtime;
using testing::NetworkBuilder;

namespace {

Attributes conv_attributes(int64_t stride, int64_t pad, int64_t group = 1, const char* activation = "none", int64_t dilation = 1) {
  return {{"strides", Ints{stride, stride}},
          {"pads", Ints{pad, pad, pad, pad}},
          {"dilations", Ints{dilation, dilation}},
          {"group", group},
          {"activation", std::string(activation)}};
}
Attributes pool_attributes(int64_t kernel, int64_t stride, int64_t pad) {
  return {{"kernel", Ints{kernel, kernel}}, {"strides", Ints{stride, stride}}, {"pads", Ints{pad, pad, pad, pad}}};
}

struct Network {
  const char* name;
  std::function<void(NetworkBuilder&)> build;
};

/// Every family, every fusion, odd sizes.
const std::vector<Network>& networks() {
  static const std::vector<Network> list{
      {"conv chain",
       [](NetworkBuilder& b) {
         ValueId x = b.input({1, 3, 13, 11});
         x = b.conv(x, 17, 3, conv_attributes(2, 1, 1, "relu"));
         x = b.conv(x, 35, 1, conv_attributes(1, 0));
         x = b.conv(x, 10, 5, conv_attributes(1, 2, 5, "clip"));
         x = b.conv(x, 8, 3, conv_attributes(1, 2, 1, "none", 2));
         b.graph.add_output(x);
       }},
      {"residual",
       [](NetworkBuilder& b) {
         const ValueId x = b.conv(b.input({1, 3, 9, 9}), 16, 3, conv_attributes(1, 1, 1, "relu"));
         ValueId y = b.conv(b.conv(x, 16, 3, conv_attributes(1, 1, 1, "relu")), 16, 3, conv_attributes(1, 1));
         y = b.op("add", {y, x}, {{"activation", std::string("relu")}});
         const ValueId shortcut = b.conv(y, 24, 1, conv_attributes(2, 0));
         const ValueId z = b.conv(b.conv(y, 24, 3, conv_attributes(2, 1, 1, "relu")), 24, 3, conv_attributes(1, 1));
         const ValueId sum = b.op("add", {shortcut, z}, {{"activation", std::string("relu")}});
         b.graph.add_output(b.op("sub", {b.op("global_average_pool", {sum}), b.constant({1, 24, 1, 1})}));
         b.graph.add_output(sum);
       }},
      {"inverted residual with squeeze and excite",
       [](NetworkBuilder& b) {
         ValueId x = b.op("hard_swish", {b.conv(b.input({1, 3, 14, 10}), 16, 3, conv_attributes(2, 1))});
         const ValueId start = x;
         x = b.op("hard_swish", {b.conv(x, 40, 1, conv_attributes(1, 0))});
         x = b.op("hard_swish", {b.conv(x, 40, 5, conv_attributes(1, 2, 40))});
         ValueId s = b.op("global_average_pool", {x});
         s = b.op("relu", {b.conv(s, 12, 1)});
         s = b.op("hard_sigmoid", {b.conv(s, 40, 1)}, {{"alpha", 1.0f / 6}, {"beta", 0.5f}});
         x = b.op("mul", {s, x});
         x = b.op("add", {start, b.conv(x, 16, 1)});
         x = b.op("mul", {x, b.op("sigmoid", {x})});
         x = b.op("reduce_mean", {x}, {{"axes", Ints{2, 3}}, {"keepdims", int64_t{0}}});
         b.graph.add_output(b.linear(b.op("tanh", {b.linear(x, 21)}), 5));
       }},
      {"fire modules",
       [](NetworkBuilder& b) {
         ValueId x = b.conv(b.input({1, 3, 21, 19}), 12, 3, conv_attributes(2, 0, 1, "relu"));
         x = b.move("max_pool", x, pool_attributes(3, 2, 1));
         for (int i = 0; i < 2; ++i) {
           const ValueId s = b.conv(x, 8, 1, conv_attributes(1, 0, 1, "relu"));
           x = b.op("concat",
                    {b.conv(s, 10, 1, conv_attributes(1, 0, 1, "relu")), b.op("hard_swish", {b.conv(s, 14, 3, conv_attributes(1, 1))})},
                    {{"axis", int64_t{1}}});
         }
         const ValueId pooled = b.op("average_pool", {x}, pool_attributes(3, 1, 1));
         x = b.op("concat", {x, pooled, b.conv(x, 6, 1), x}, {{"axis", int64_t{1}}});
         x = b.op("concat", {x, x}, {{"axis", int64_t{2}}});
         b.graph.add_output(x);
         x = b.op("average_pool", {x},
                  {{"kernel", Ints{2, 3}}, {"strides", Ints{2, 2}}, {"pads", Ints{0, 1, 1, 1}}, {"count_include_pad", int64_t{1}}});
         b.graph.add_output(b.rows(x, count(b.graph.value(x).shape)));
       }},
      {"movement",
       [](NetworkBuilder& b) {
         const ValueId x = b.conv(b.input({1, 3, 8, 12}), 16, 3, conv_attributes(1, 1));
         ValueId y = b.move("slice", x, {{"starts", Ints{0, 0}}, {"ends", Ints{8, 12}}, {"axes", Ints{2, 3}}, {"steps", Ints{2, 2}}});
         y = b.op("pad", {y}, {{"pads", Ints{0, 4, 0, 1, 0, 4, 2, 0}}, {"value", 0.1f}});
         ValueId t = b.move("transpose", y, {{"perm", Ints{0, 2, 3, 1}}});
         b.graph.add_output(b.rows(t, 6));
         ValueId s = b.move("reshape", x, {{"shape", Ints{1, 2, 8, 8, 12}}});
         s = b.move("transpose", s, {{"perm", Ints{0, 2, 1, 3, 4}}});
         s = b.move("reshape", s, {{"shape", Ints{1, 16, 8, 12}}});
         b.graph.add_output(b.op("add", {b.conv(s, 16, 3, conv_attributes(1, 1, 4)), x}));
         b.graph.add_output(b.op("mul", {b.move("transpose", y, {{"perm", Ints{0, 1, 3, 2}}}), b.constant({1, 24, 7, 1})}));
         b.graph.add_output(b.op("add", {y, b.constant({})}));
       }},
      {"flatten",
       [](NetworkBuilder& b) {
         ValueId x = b.conv(b.input({1, 2, 6, 5}), 7, 3, conv_attributes(1, 1));
         x = b.move("reshape", b.move("global_max_pool", b.move("max_pool", x, pool_attributes(2, 2, 0))), {{"shape", Ints{1, 7}}});
         const ValueId map = b.rows(b.conv(b.graph.inputs()[0], 4, 2), 80);
         b.graph.add_output(b.linear(b.op("concat", {x, map}, {{"axis", int64_t{1}}}), 9));
       }},
      {"transposed",
       [](NetworkBuilder& b) {
         ValueId x = b.conv(b.input({1, 3, 6, 7}), 8, 3, conv_attributes(1, 1, 1, "relu"));
         x = b.conv(x, 6, 3, conv_attributes(2, 1), "conv_transpose2d");
         x = b.conv(x, 6, 2, conv_attributes(2, 0, 2), "conv_transpose2d");
         b.graph.add_output(b.op("leaky_relu", {x}));
       }},
      {"batch of two in the graph",
       [](NetworkBuilder& b) {
         const ValueId x = b.conv(b.input({2, 3, 7, 6}), 20, 3, conv_attributes(1, 1, 1, "relu"));
         ValueId s = b.op("hard_sigmoid", {b.op("global_average_pool", {x})});
         s = b.op("mul", {x, s});
         s = b.op("concat", {b.conv(s, 10, 1), b.conv(s, 6, 3, conv_attributes(1, 1, 2))}, {{"axis", int64_t{1}}});
         s = b.op("add", {s, b.constant({1, 16, 1, 1})});
         s = b.op("sub", {b.conv(s, 16, 3, conv_attributes(1, 1, 16)), s});
         b.graph.add_output(b.linear(b.move("reshape", s, {{"shape", Ints{2, 672}}}), 3));
         b.graph.add_output(b.op("mul", {s, b.constant({1, 16, 7, 6})}));
       }},
      {"resized",
       [](NetworkBuilder& b) {
         const ValueId x = b.conv(b.input({1, 3, 7, 6}), 9, 3, conv_attributes(1, 1, 1, "relu"));
         const auto resize = [&](ValueId src, Ints sizes, const char* mode, const char* coordinates) {
           return b.op("resize", {src},
                       {{"sizes", std::move(sizes)}, {"mode", std::string(mode)}, {"coordinates", std::string(coordinates)}});
         };
         const ValueId up =
             b.op("concat", {resize(x, {1, 9, 14, 15}, "nearest", "asymmetric"), resize(x, {1, 9, 14, 15}, "linear", "align_corners")},
                  {{"axis", int64_t{1}}});
         b.graph.add_output(resize(b.conv(up, 5, 1), {1, 5, 14, 4}, "linear", "half_pixel"));
         b.graph.add_output(resize(up, {1, 18, 9, 15}, "cubic", "half_pixel"));
       }},
  };
  return list;
}

void expect_same_codes(Graph& graph, NetworkBuilder& b, const char* name) {
  verify(graph);
  const int64_t batch = graph.value(graph.inputs()[0]).shape[0];
  for (const int64_t images : {batch, int64_t{6}}) {
    if (batch != 1 && images != batch) continue;
    const std::vector<Tensor> inputs{b.image(images)};
    Session oracle(graph, {.reference = true});
    const std::vector<Tensor> expected = oracle.run_codes(inputs);
    std::vector<Tensor> expected_values;
    if (images == batch)
      oracle.run_visiting(inputs, Visit::codes, [&](ValueId, const Tensor& tensor) { expected_values.push_back(tensor); });
    for (const Isa isa : supported_isas())
      for (const int threads : {1, 2, 5}) {
        if (threads == 5 && isa != active_isa()) continue;  // more threads than processors are slow
        CAPTURE(name);
        CAPTURE(to_string(isa));
        CAPTURE(threads);
        CAPTURE(images);
        Session session(graph, {.threads = threads, .isa = isa});
        for (int repeat = 0; repeat < 2; ++repeat) {
          const std::vector<Tensor> found = session.run_codes(inputs);
          for (size_t i = 0; i < expected.size(); ++i) CHECK(found[i].same_as(expected[i]));
        }
        if (images != batch) continue;
        Session open(graph, {.threads = threads, .isa = isa, .keep_all = true});
        size_t at = 0;
        open.run_visiting(inputs, Visit::codes, [&](ValueId id, const Tensor& tensor) {
          INFO(graph.value(id).name);
          CHECK(tensor.same_as(expected_values.at(at++)));
        });
        CHECK(at == expected_values.size());
        CHECK(session.arena_bytes() <= open.arena_bytes());
      }
  }
}

void expect_close(const Tensor& found, const Tensor& expected, float tolerance) {
  REQUIRE(found.shape() == expected.shape());
  float largest = 0, worst = 0;
  for (int64_t i = 0; i < expected.size(); ++i) {
    largest = std::max(largest, std::fabs(expected.data<float>()[i]));
    worst = std::max(worst, std::fabs(expected.data<float>()[i] - found.data<float>()[i]));
  }
  CHECK(worst <= tolerance * std::max(largest, 1e-3f));
}

}  // namespace

TEST_CASE("quantized networks: every instruction set and thread count gives the reference's codes") {
  for (const Network& network : networks())
    for (const uint64_t seed : {1}) {
      NetworkBuilder b(seed, true);
      network.build(b);
      expect_same_codes(b.graph, b, network.name);
    }
}

TEST_CASE("codebooks and few codes: every instruction set and thread count gives the reference's codes") {
  for (const Network& network : networks())
    for (const uint64_t seed : {5, 6}) {
      NetworkBuilder b(seed, true);
      network.build(b);
      // One spec a scale: values that share a spec go on sharing it.
      std::map<float, QuantSpec> few;
      for (const ValueId id : b.graph.values()) {
        const Value& value = b.graph.value(id);
        if (!value.quant || value.quant->dynamic || value.quant->storage != DType::u8 || value.is_constant()) continue;
        const auto [at, fresh] = few.try_emplace(value.quant->scales[0], *value.quant);
        QuantSpec& spec = at->second;
        if (fresh && b.random().below(4) != 0) {
          spec.qmin = static_cast<int32_t>(b.random().below(60));
          spec.qmax = spec.qmin + 20 + static_cast<int32_t>(b.random().below(170));
          const auto middle = static_cast<int32_t>(b.random().below(10));
          if (b.random().below(3) != 0) spec.levels = {spec.qmin, spec.qmin + 3, spec.qmin + 8 + middle, spec.qmax};
        }
        Rewriter(b.graph).set_quant(id, spec);
      }
      verify(b.graph);
      expect_same_codes(b.graph, b, network.name);
      const std::vector<Tensor> found = Session(b.graph).run(std::vector{b.image(b.graph.value(b.graph.inputs()[0]).shape[0])});
      for (size_t i = 0; i < found.size(); ++i) {
        const QuantSpec& spec = *b.graph.value(b.graph.outputs()[i]).quant;
        if (spec.levels.empty()) continue;
        for (const float x : found[i].span<float>()) {
          const auto code = static_cast<int32_t>(std::nearbyint(x / spec.scales[0])) + spec.zero_points[0];
          CHECK(nearest_level(spec.levels, code) == code);
        }
      }
    }
}

TEST_CASE("float networks: close to the reference, the same for any number of threads") {
  for (const Network& network : networks()) {
    NetworkBuilder b(3, false);
    network.build(b);
    const int64_t batch = b.graph.value(b.graph.inputs()[0]).shape[0];
    for (const int64_t images : {batch, int64_t{5}}) {
      if (batch != 1 && images != batch) continue;
      const std::vector<Tensor> inputs{b.image(images)};
      const std::vector<Tensor> expected = Session(b.graph, {.reference = true}).run(inputs);
      for (const Isa isa : supported_isas()) {
        CAPTURE(network.name);
        CAPTURE(to_string(isa));
        CAPTURE(images);
        const std::vector<Tensor> alone = Session(b.graph, {.threads = 1, .isa = isa}).run(inputs);
        for (size_t i = 0; i < expected.size(); ++i) expect_close(alone[i], expected[i], 2e-5f);
        for (const int threads : {2, 5}) {
          if (threads == 5 && (isa != active_isa() || &network != &networks()[2])) continue;
          const std::vector<Tensor> found = Session(b.graph, {.threads = threads, .isa = isa}).run(inputs);
          for (size_t i = 0; i < expected.size(); ++i) CHECK(found[i].same_as(alone[i]));
        }
      }
    }
  }
}

TEST_CASE("sessions are independent: several at once give what each gives alone") {
  std::vector<std::thread> threads;
  std::vector<std::vector<Tensor>> expected, found(4);
  std::vector<Graph> graphs;
  std::vector<Tensor> images;
  for (size_t i = 0; i < found.size(); ++i) {
    NetworkBuilder b(20 + i, i % 2 == 0);
    networks()[1 + i / 2].build(b);
    graphs.push_back(b.graph);
    images.push_back(b.image(4));
    expected.push_back(Session(b.graph, {.threads = 2}).run(std::vector{images.back()}));
  }
  for (size_t i = 0; i < found.size(); ++i)
    threads.emplace_back([&, i] { found[i] = Session(graphs[i], {.threads = 2}).run(std::vector{images[i]}); });
  for (std::thread& thread : threads) thread.join();
  for (size_t i = 0; i < found.size(); ++i)
    for (size_t k = 0; k < expected[i].size(); ++k) CHECK(found[i][k].same_as(expected[i][k]));
}

TEST_CASE("values without a spec: dynamic sources, float results, float islands") {
  for (const int variant : {0, 1, 2}) {
    NetworkBuilder b(10 + static_cast<uint64_t>(variant), true);
    const ValueId input = b.input({1, 5, 10, 9});
    if (variant == 0) b.make_dynamic(input);
    ValueId x = b.conv(input, 16, 3, conv_attributes(1, 1, 1, "relu"));
    if (variant == 0) b.make_dynamic(x);
    if (variant == 1) b.clear_spec(x);
    if (variant == 1) x = b.op("clip", {x}, {{"min", -1.0f}, {"max", 2.0f}});
    x = b.conv(x, 16, 3, conv_attributes(1, 1, 16));
    if (variant == 0) b.make_dynamic(x);
    ValueId y = b.op("reduce_max", {x}, {{"axes", Ints{3}}});
    if (variant == 2) b.clear_spec(y);
    y = b.op("add", {x, y});
    ValueId z = b.linear(b.move("reshape", b.op("global_average_pool", {y}), {{"shape", Ints{1, 16}}}), 10);
    b.clear_spec(z);
    z = b.op("softmax", {z}, {{"axis", int64_t{1}}});
    b.clear_spec(z);
    b.graph.add_output(z);
    b.graph.add_output(y);
    const std::vector<Tensor> inputs{b.image(2)};
    const std::vector<Tensor> expected = Session(b.graph, {.reference = true}).run(inputs);
    for (const Isa isa : supported_isas())
      for (const int threads : {1, 2}) {
        CAPTURE(variant);
        CAPTURE(to_string(isa));
        CAPTURE(threads);
        const std::vector<Tensor> found = Session(b.graph, {.threads = threads, .isa = isa}).run(inputs);
        for (size_t i = 0; i < expected.size(); ++i) {
          if (variant == 0)
            CHECK(found[i].same_as(expected[i]));  // dynamic: integers and the same floats
          else
            expect_close(found[i], expected[i], i == 0 ? 1e-5f : 1e-6f);
        }
      }
  }
}
