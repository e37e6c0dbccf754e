// Small random networks with hand-made specs, for tests.
#pragma once

#include <cmath>

#include "galet/core/random.h"
#include "galet/ir/graph.h"
#include "galet/ir/rewriter.h"
#include "galet/ops/ops.h"

namespace galet::runtime::testing {

/// Builds a graph value by value; `quantized` puts a u8 spec on every activation, i8 weights and i32 biases behind every weighted node.
class NetworkBuilder {
 public:
  NetworkBuilder(uint64_t seed, bool quantized) : quantized_(quantized), random_(seed) {}

  Graph graph;

  ValueId input(Shape shape) { return with_spec(graph.add_input("x", DType::f32, std::move(shape)), 2.0 / 127, 128); }

  ValueId op(const char* name, std::vector<ValueId> operands, Attributes attributes = {}) {
    return with_random_spec(graph.result(graph.add_node(ops::get(name), name, std::move(operands), std::move(attributes))));
  }
  /// The result takes over the spec of the source.
  ValueId move(const char* name, ValueId src, Attributes attributes = {}) {
    const ValueId result = graph.result(graph.add_node(ops::get(name), name, {src}, std::move(attributes)));
    Rewriter(graph).set_quant(result, graph.value(src).quant);
    return result;
  }
  /// Rows of `cols` elements.
  ValueId rows(ValueId src, int64_t cols) { return move("reshape", src, {{"shape", Ints{count(graph.value(src).shape) / cols, cols}}}); }
  ValueId conv(ValueId src, int64_t out, int64_t kernel, Attributes attributes = {}, const char* name = "conv2d") {
    const int64_t in = graph.value(src).shape[1];
    const auto group = attributes.find("group");
    const int64_t groups = group == attributes.end() ? 1 : std::get<int64_t>(group->second);
    const bool transposed = std::string(name) == "conv_transpose2d";
    const Shape shape = transposed ? Shape{in, out / groups, kernel, kernel} : Shape{out, in / groups, kernel, kernel};
    return weighted(name, src, shape, transposed ? 1 : 0, transposed ? out / groups : out, groups == 1 || !transposed, out,
                    std::move(attributes));
  }
  ValueId linear(ValueId src, int64_t out) { return weighted("linear", src, {out, graph.value(src).shape.back()}, 0, out, true, out, {}); }
  void clear_spec(ValueId value) { Rewriter(graph).set_quant(value, std::nullopt); }
  void make_dynamic(ValueId value) {
    QuantSpec spec;
    spec.dynamic = true;
    Rewriter(graph).set_quant(value, spec);
  }
  Tensor image(int64_t n) {
    Shape shape = graph.value(graph.inputs()[0]).shape;
    shape[0] = n;
    Tensor tensor(DType::f32, shape);
    for (int64_t i = 0; i < tensor.size(); ++i) tensor.mutable_data<float>()[i] = static_cast<float>(random_.normal());
    return tensor;
  }
  Random& random() { return random_; }
  /// A constant activation-like operand of that shape.
  ValueId constant(Shape shape) {
    Tensor codes(quantized_ ? DType::u8 : DType::f32, shape);
    for (int64_t i = 0; i < codes.size(); ++i) {
      if (quantized_)
        codes.mutable_data<uint8_t>()[i] = static_cast<uint8_t>(random_.below(256));
      else
        codes.mutable_data<float>()[i] = static_cast<float>(random_.normal());
    }
    if (!quantized_) return graph.add_constant("k", codes);
    return with_random_spec(graph.add_constant("k", codes, QuantSpec{DType::u8, 0, 255, -1, {1.0f}, {0}, false}));
  }

 private:
  ValueId with_spec(ValueId id, double scale, int32_t zero_point) {
    if (quantized_) Rewriter(graph).set_quant(id, QuantSpec{DType::u8, 0, 255, -1, {static_cast<float>(scale)}, {zero_point}, false});
    return id;
  }
  ValueId with_random_spec(ValueId id) { return with_spec(id, random_.uniform(0.01, 0.05), static_cast<int32_t>(random_.below(200))); }

  ValueId weighted(const char* name, ValueId src, const Shape& shape, int axis, int64_t scales, bool per_channel, int64_t out,
                   Attributes attributes) {
    const int64_t fan_in = std::max<int64_t>(count(shape) / out, 1);
    Tensor weight(quantized_ ? DType::i8 : DType::f32, shape), bias(quantized_ ? DType::i32 : DType::f32, {out});
    const float spread = 1.0f / std::sqrt(static_cast<float>(fan_in));
    for (int64_t i = 0; i < weight.size(); ++i) {
      if (quantized_)
        weight.mutable_data<int8_t>()[i] = static_cast<int8_t>(static_cast<int64_t>(random_.below(255)) - 127);
      else
        weight.mutable_data<float>()[i] = spread * static_cast<float>(random_.normal());
    }
    QuantSpec spec{DType::i8, -127, 127, per_channel ? axis : -1, {}, {}, false},
        bias_spec{DType::i32, INT32_MIN, INT32_MAX, 0, {}, {}, false};
    for (int64_t c = 0; c < (per_channel ? scales : 1); ++c) {
      spec.scales.push_back(spread * static_cast<float>(random_.uniform(0.005, 0.015)));
      spec.zero_points.push_back(0);
    }
    const bool is_static = quantized_ && graph.value(src).quant && !graph.value(src).quant->dynamic;
    if (quantized_ && !is_static) bias = Tensor(DType::f32, {out});
    for (int64_t c = 0; c < out; ++c) {
      if (is_static) {
        bias.mutable_data<int32_t>()[c] = static_cast<int32_t>(random_.below(4000)) - 2000;
        bias_spec.scales.push_back(graph.value(src).quant->scales[0] *
                                   spec.scales[per_channel ? static_cast<size_t>(c) % spec.scales.size() : 0]);
        bias_spec.zero_points.push_back(0);
      } else {
        bias.mutable_data<float>()[c] = 0.1f * static_cast<float>(random_.normal());
      }
    }
    const ValueId w = graph.add_constant("w", weight, quantized_ ? std::optional(spec) : std::nullopt);
    const ValueId b = graph.add_constant("b", bias, is_static ? std::optional(bias_spec) : std::nullopt);
    return op(name, {src, w, b}, std::move(attributes));
  }

  bool quantized_;
  Random random_;
};

}  // namespace galet::runtime::testing
