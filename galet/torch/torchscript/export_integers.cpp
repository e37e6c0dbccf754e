// Integer operators as PyTorch's quantized ones. Where these round or represent differently, a remark says how.
#include <algorithm>
#include <cmath>

#include "galet/ops/activation.h"
#include "galet/ops/window.h"
#include "galet/torch/torchscript/export_context.h"

namespace galet::torch {
namespace {

using runtime::Affine;

constexpr int64_t kLargestExactWindow = 256;

double scale(const Affine& a) { return static_cast<double>(a.scale); }
int64_t zero(const Affine& a) { return a.zero_point; }
bool same_codes(const Affine& a, const Affine& b) { return a.scale == b.scale && a.zero_point == b.zero_point; }

Tensor real_bias(const Graph& graph, const Node& node, float src_scale, const QuantSpec& weight) {
  if (node.operands.size() < 3 || !node.operands[2].valid()) return {};
  const Value& value = graph.value(node.operands[2]);
  if (value.constant.dtype() != DType::i32)
    return runtime::is_coded(value) ? runtime::dequantize_tensor(value.constant, *value.quant) : value.constant;
  Tensor result(DType::f32, value.constant.shape());
  for (int64_t c = 0; c < result.size(); ++c)
    result.mutable_data<float>()[c] = static_cast<float>(value.constant.data<int32_t>()[c]) *
                                      (src_scale * weight.scales[weight.scales.size() == 1 ? 0 : static_cast<size_t>(c)]);
  return result;
}

bool symmetric(const Ints& pads) { return pads[0] == pads[2] && pads[1] == pads[3]; }

}  // namespace

void export_weighted(ExportContext& x, NodeId id) {
  const Node& node = x.graph.node(id);
  const OpCall call = x.graph.call(id);
  const Affine src = x.spec(node.operands[0]), dst = x.spec(node.results[0]);
  const Value& value = x.graph.value(node.operands[1]);
  Scribe::Weight weight{value.name + "_packed", value.constant, value.quant->scales, std::max(value.quant->axis, 0),
                        real_bias(x.graph, node, src.scale, *value.quant)};
  if (value.name.ends_with(".weight")) weight.name = value.name.substr(0, value.name.size() - 7) + "._packed_params";
  Handle input = x.codes(node.operands[0]);
  const std::string_view op = node.op->name;
  const bool relu = op != "matmul" && call.get_string("activation") == "relu";
  const std::string suffix = relu ? "_relu" : "";
  Handle y = nullptr;
  if (op == "linear" || op == "matmul") {
    if (op == "matmul") {  // (k, m) to (m, k)
      Tensor turned(DType::i8, {value.shape[1], value.shape[0]});
      for (int64_t i = 0; i < value.shape[0]; ++i)
        for (int64_t j = 0; j < value.shape[1]; ++j)
          turned.mutable_data<int8_t>()[j * value.shape[0] + i] = value.constant.data<int8_t>()[i * value.shape[1] + j];
      weight.codes = turned, weight.axis = 0;
    }
    y = x.scribe.insert("quantized::linear" + suffix, {input, x.scribe.packed_linear(weight), scale(dst), zero(dst)});
  } else {
    const Ints& pads = call.get_ints("pads");
    Ints both{pads[0], pads[1]};
    if (op == "conv2d" && !symmetric(pads)) {
      input = x.scribe.insert("aten::constant_pad_nd", {input, Ints{pads[1], pads[3], pads[0], pads[2]}, 0.0});
      both = {0, 0};
    }
    if (op == "conv_transpose2d") {
      if (!symmetric(pads)) fail("a transposed convolution with different pads on its sides has no quantized form in PyTorch");
      if (weight.scales.size() > 1)
        fail("PyTorch has no transposed convolution with a scale per channel: quantize it per tensor, or keep it float (--keep-float)");
      const Ints& more = call.get_ints("output_padding");
      y = x.scribe.insert(
          "quantized::conv_transpose2d",
          {input,
           x.scribe.packed_convolution(weight, call.get_ints("strides"), both, call.get_ints("dilations"), call.get_int("group"), &more),
           scale(dst), zero(dst)});
    } else {
      y = x.scribe.insert(
          "quantized::conv2d" + suffix,
          {input,
           x.scribe.packed_convolution(weight, call.get_ints("strides"), both, call.get_ints("dilations"), call.get_int("group"), nullptr),
           scale(dst), zero(dst)});
    }
  }
  if (op != "matmul") {
    const ops::ActivationRange range = ops::activation_range(call);
    y = x.limited(y, dst, range.min, range.max, relu && op != "conv_transpose2d");
  }
  x.define_codes(node.results[0], y);
}

void export_add(ExportContext& x, NodeId id) {
  const Node& node = x.graph.node(id);
  const OpCall call = x.graph.call(id);
  const Affine dst = x.spec(node.results[0]);
  const Handle a = x.codes(node.operands[0]);
  Handle b = x.codes(node.operands[1]);
  const bool sub = node.op->name == "sub", relu = !sub && call.get_string("activation") == "relu";
  if (sub) b = x.scribe.insert("quantized::mul_scalar", {b, int64_t{-1}});  // exact: codes and zero point are mirrored
  Handle y = x.scribe.insert(relu ? "quantized::add_relu" : "quantized::add", {a, b, scale(dst), zero(dst)});
  const ops::ActivationRange range = sub ? ops::ActivationRange{} : ops::activation_range(call);
  x.define_codes(node.results[0], x.limited(y, dst, range.min, range.max, relu));
}

void export_mul(ExportContext& x, NodeId id) {
  const Node& node = x.graph.node(id);
  const Affine dst = x.spec(node.results[0]);
  const Handle y = x.scribe.insert("quantized::mul", {x.codes(node.operands[0]), x.codes(node.operands[1]), scale(dst), zero(dst)});
  x.define_codes(node.results[0], x.limited(y, dst, -INFINITY, INFINITY, false));
}

void export_concat(ExportContext& x, NodeId id) {
  const Node& node = x.graph.node(id);
  const Affine dst = x.spec(node.results[0]);
  std::vector<Handle> parts;
  for (const ValueId part : node.operands) parts.push_back(x.codes(part));
  const Handle y = x.scribe.insert("quantized::cat", {parts, x.graph.call(id).get_int("axis"), scale(dst), zero(dst)});
  x.define_codes(node.results[0], x.limited(y, dst, -INFINITY, INFINITY, false));
}

/// A mean over equal windows is a depthwise convolution with weights 1 of scale 1/n: exact up to the last float rounding, with a scale of
/// its own. PyTorch's pools keep the source's scale; they are used where windows are too large for a convolution or have pads that do not
/// count.
void export_average(ExportContext& x, NodeId id) {
  const Node& node = x.graph.node(id);
  const OpCall call = x.graph.call(id);
  const Affine src = x.spec(node.operands[0]), dst = x.spec(node.results[0]);
  const Shape& shape = call.shape(0);
  const Handle input = x.codes(node.operands[0]);
  const bool windowed = node.op->name == "average_pool";
  Ints kernel{shape[2], shape[3]}, strides{1, 1}, padding{0, 0};
  bool plain = true, counted = true;
  if (windowed) {
    const Ints& pads = call.get_ints("pads");
    kernel = call.get_ints("kernel"), strides = call.get_ints("strides"), padding = {pads[0], pads[1]};
    const bool padded = std::any_of(pads.begin(), pads.end(), [](int64_t p) { return p != 0; });
    counted = !padded || call.get_int("count_include_pad") != 0;
    plain = symmetric(pads) && call.get_int("ceil_mode") == 0 && call.get_ints("dilations") == Ints{1, 1};
    if (!plain) fail("an average pool with ceil_mode, dilations or different pads on its sides has no quantized form in PyTorch");
  }
  const int64_t n = kernel[0] * kernel[1];
  Handle y = nullptr;
  if (counted && n <= kLargestExactWindow) {
    Tensor ones(DType::i8, {shape[1], 1, kernel[0], kernel[1]});
    std::fill_n(ones.mutable_data<int8_t>(), ones.size(), int8_t{1});
    const Scribe::Weight weight{node.name + "._packed_params", ones, {1.0f / static_cast<float>(n)}, 0, {}};
    y = x.scribe.insert("quantized::conv2d",
                        {input, x.scribe.packed_convolution(weight, strides, padding, {1, 1}, shape[1], nullptr), scale(dst), zero(dst)});
    x.remark(id, "average as a depthwise convolution",
             fmt::format("{} weights of 1, scale 1/{}: PyTorch's own pool would keep the source's scale", n, n));
  } else {
    if (windowed)
      y = x.scribe.insert("aten::avg_pool2d",
                          {input, kernel, strides, padding, false, call.get_int("count_include_pad") != 0, std::monostate{}});
    else
      y = x.scribe.insert("aten::adaptive_avg_pool2d", {input, Ints{1, 1}});
    y = x.requantized(y, src, dst);
    x.remark(id, "average rounded twice", "PyTorch rounds the mean to the source's scale first, then to its own");
  }
  if (node.op->name == "reduce_mean" && call.get_int("keepdims") == 0) y = x.scribe.insert("aten::flatten", {y, int64_t{1}, int64_t{3}});
  x.define_codes(node.results[0], x.limited(y, dst, -INFINITY, INFINITY, false));
}

void export_resize(ExportContext& x, NodeId id) {
  const Node& node = x.graph.node(id);
  const Affine src = x.spec(node.operands[0]), dst = x.spec(node.results[0]);
  const Handle y = moved(x, id, x.codes(node.operands[0]), true);
  if (y == nullptr) fail("this resize has no form in PyTorch");
  x.remark(id, "rounded twice", "PyTorch's quantized resize keeps the source's scale");
  x.define_codes(node.results[0], x.requantized(y, src, dst));
}

/// Functions of one element: PyTorch's quantized function where it has one, else the function of real numbers between two conversions.
void export_table(ExportContext& x, NodeId id) {
  const Node& node = x.graph.node(id);
  const OpCall call = x.graph.call(id);
  const Affine src = x.spec(node.operands[0]), dst = x.spec(node.results[0]);
  const Handle input = x.codes(node.operands[0]);
  const std::string_view op = node.op->name;
  const Affine gate{1.0f / 256, 0, 0, 255};  // what PyTorch's sigmoids give
  Handle y = nullptr;
  if (op == "hard_swish") {
    y = x.scribe.insert("quantized::hardswish", {input, scale(dst), zero(dst)});
  } else if (op == "sigmoid") {
    y = x.requantized(x.scribe.insert("quantized::sigmoid", {input, 1.0 / 256, int64_t{0}}), gate, dst);
    if (!same_codes(gate, dst)) x.remark(id, "rounded twice", "qnnpack's sigmoid has the scale 1/256, then its own");
  } else if (op == "tanh") {
    y = x.requantized(x.scribe.insert("aten::tanh", {input}), {1.0f / 128, 128, 0, 255}, dst);
    x.remark(id, "rounded twice", "PyTorch's quantized tanh has the scale 1/128, then its own");
  } else if (op == "elu") {
    y = x.scribe.insert("quantized::elu", {input, scale(dst), zero(dst), static_cast<double>(call.get_float("alpha")), 1.0, 1.0});
  } else if (op == "leaky_relu") {
    y = x.scribe.insert("quantized::leaky_relu", {input, static_cast<double>(call.get_float("alpha")), false, scale(dst), zero(dst)});
  } else if (op == "hard_sigmoid" && std::abs(call.get_float("alpha") - 1.0f / 6) < 1e-6f && call.get_float("beta") == 0.5f) {
    y = x.requantized(x.scribe.insert("aten::hardsigmoid", {input}), gate, dst);
    if (!same_codes(gate, dst)) x.remark(id, "rounded twice", "PyTorch's quantized hardsigmoid has the scale 1/256, then its own");
  } else if (op == "relu" || op == "clip") {
    const float min = op == "relu" ? 0.0f : call.has_attribute("min") ? call.get_float("min") : -INFINITY;
    const float max = op == "clip" && call.has_attribute("max") ? call.get_float("max") : INFINITY;
    if (same_codes(src, dst)) {
      y = op == "relu" ? x.scribe.insert("aten::relu", {input}) : x.limited(input, src, min, max, false);
    } else {
      y = x.limited(x.requantized(input, src, dst), dst, min, max, false);
    }
  }
  if (y == nullptr) {
    if (!export_real(x, id)) fail("PyTorch has no such function");
    x.interior_dequantizes++;
    return x.remark(id, "float between integers", fmt::format("PyTorch has no quantized {}", op));
  }
  y = x.limited(y, dst, -INFINITY, INFINITY, false);
  x.define_codes(node.results[0], y);
}

}  // namespace galet::torch
