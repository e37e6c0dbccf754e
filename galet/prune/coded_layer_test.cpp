// Integer layers scaled and shifted: what they compute afterwards against what was asked for.
#include "galet/prune/coded_layer.h"

#include <doctest/doctest.h>

#include <cmath>

#include "galet/runtime/random_network.h"
#include "galet/runtime/session.h"

namespace galet::prune {
namespace {

using runtime::testing::NetworkBuilder;

/// One layer from codes to reals.
Graph layer(const char* name, bool bias, bool dynamic = false) {
  NetworkBuilder b(5, true);
  const ValueId x = b.input(std::string_view(name) == "linear" ? Shape{1, 12} : Shape{1, 12, 6, 5});
  if (dynamic) b.make_dynamic(x);
  const ValueId y =
      std::string_view(name) == "linear" ? b.linear(x, 10) : b.conv(x, 10, 3, {{"strides", Ints{1, 1}}, {"pads", Ints{1, 1, 1, 1}}}, name);
  b.clear_spec(y);
  b.graph.add_output(y);
  if (!bias) Rewriter(b.graph).set_operand(b.graph.order()[0], 2, {});
  return b.graph;
}

TEST_CASE("coded layers: results are scaled and shifted within the rounding of the bias") {
  for (const char* name : {"conv2d", "conv_transpose2d", "linear"})
    for (const int kind : {0, 1, 2, 3}) {
      const bool bias = kind % 2 == 0, dynamic = kind >= 2;
      CAPTURE(name);
      CAPTURE(kind);
      Graph graph = layer(name, bias, dynamic);
      const NodeId id = graph.order()[0];
      REQUIRE(why_no_coded_shift(graph, id) == "");
      REQUIRE(scales_by_channel(graph, id));
      Tensor image(DType::f32, graph.value(graph.inputs()[0]).shape);
      Random random(2);
      for (int64_t i = 0; i < image.size(); ++i) image.mutable_data<float>()[i] = static_cast<float>(random.normal());
      const std::vector<Tensor> images{image};
      const Tensor before = runtime::Session(graph, {.reference = true}).run(images)[0];
      std::vector<double> scale, shift;
      for (int c = 0; c < 10; ++c) scale.push_back(random.uniform(0.2, 4.0)), shift.push_back(random.uniform(-1.0, 1.0));
      Rewriter rewriter(graph);
      scale_and_shift_coded(rewriter, id, scale, shift);
      verify(graph);
      const Value& rounded = graph.value(graph.node(id).operands[2]);
      CHECK(rounded.quant.has_value() == !dynamic);
      for (const bool reference : {true, false}) {
        const Tensor after = runtime::Session(graph, {.reference = reference}).run(images)[0];
        const int64_t inner = before.size() / 10;
        for (int64_t i = 0; i < after.size(); ++i) {
          const auto c = static_cast<size_t>(i / inner);
          const double wanted = scale[c] * static_cast<double>(before.data<float>()[i]) + shift[c];
          CHECK(std::abs(static_cast<double>(after.data<float>()[i]) - wanted) <=
                (dynamic ? 0 : static_cast<double>(rounded.quant->scales[c])) + 1e-5 * (1 + std::abs(wanted)));
        }
      }
    }
}

TEST_CASE("coded layers: one scale for all channels cannot scale them; sources and biases that forbid a shift are named") {
  Graph graph = layer("conv2d", true);
  const NodeId id = graph.order()[0];
  Rewriter rewriter(graph);
  QuantSpec spec = *graph.value(graph.node(id).operands[1]).quant;
  spec.axis = -1, spec.scales.resize(1), spec.zero_points.resize(1);
  rewriter.set_quant(graph.node(id).operands[1], spec);
  CHECK(!scales_by_channel(graph, id));
  spec.zero_points[0] = 3;
  rewriter.set_quant(graph.node(id).operands[1], spec);
  CHECK(why_no_coded_shift(graph, id) == "its weight has zero points");
  graph = layer("conv2d", true);
  Rewriter(graph).set_quant(graph.inputs()[0], std::nullopt);
  CHECK(why_no_coded_shift(graph, id) == "its bias is of neither 32-bit codes nor floats");
}

}  // namespace
}  // namespace galet::prune
