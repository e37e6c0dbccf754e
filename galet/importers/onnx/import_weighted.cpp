// Convolutions and matrix products.
#include <cmath>

#include "galet/importers/onnx/onnx_ops.h"

namespace galet::importers {
namespace {

Shape spatial(const Shape& shape) { return shape.size() < 2 ? Shape{} : Shape(shape.begin() + 2, shape.end()); }

Attributes window_attributes(const NodeImport& node, const Window2d& window) {
  return {{"strides", window.strides}, {"pads", window.pads}, {"dilations", window.dilations}, {"group", node.get_int("group", 1)}};
}

/// The call in two dimensions: `op` on lifted operands, its result flattened again.
Ref call_2d(NodeImport& node, std::string_view op, std::vector<Ref> operands, Attributes attributes, bool flat, bool finish) {
  if (flat)
    for (const size_t i : {0, 1}) operands[i] = node.reshape(operands[i], lifted(node.shape(operands[i])));
  if (finish && !flat) {
    node.finish(op, operands, std::move(attributes));
    return nullptr;
  }
  const Ref result = node.emit(op, operands, std::move(attributes));
  if (!flat) return result;
  const Shape shape = flattened(node.shape(result));
  if (!finish) return node.reshape(result, shape);
  node.finish("reshape", {result}, {{"shape", Ints(shape)}});
  return nullptr;
}

void check_ranks(const NodeImport& node, const Shape& src, const Shape& weight) {
  if (src.size() < 3) node.fail("src has {} dimensions, expected 3 or 4", src.size());
  if (weight.size() != src.size()) node.fail("weight has {} dimensions, src {}", weight.size(), src.size());
}

}  // namespace

Ref convolution(NodeImport& node, Ref src, Ref weight, const Ref& bias, bool finish) {
  const Shape shape = node.shape(src), kernel = node.shape(weight);
  check_ranks(node, shape, kernel);
  const Window2d window = window_2d(node, spatial(shape), Ints(spatial(kernel)));
  return call_2d(node, "conv2d", {std::move(src), std::move(weight), bias}, window_attributes(node, window), window.flat, finish);
}

void import_conv(NodeImport& node) { convolution(node, node.operand(0), node.operand(1), node.optional(2), true); }

void import_conv_integer(NodeImport& node) {
  const Ref src = node.operand(0), weight = node.operand(1);
  check_ranks(node, node.shape(src), node.shape(weight));
  const Window2d window = window_2d(node, spatial(node.shape(src)), Ints(spatial(node.shape(weight))));
  call_2d(node, "conv_integer", {src, weight, node.optional(2), node.optional(3)}, window_attributes(node, window), window.flat, true);
}

void import_conv_transpose(NodeImport& node) {
  const Ref src = node.operand(0), weight = node.operand(1);  // weight: (in, out/group, kh, kw)
  const Shape shape = node.shape(src), kernel = node.shape(weight);
  check_ranks(node, shape, kernel);
  Window2d window = window_2d(node, spatial(shape), Ints(spatial(kernel)));
  const size_t n = window.flat ? 1 : 2;
  Ints output_padding = node.get_ints("output_padding", Ints(n, 0)), output_shape = node.get_ints("output_shape", {});
  const std::string how = node.get_string("auto_pad", "NOTSET");
  if (output_padding.size() != n) node.fail("output_padding has {} entries, expected {}", output_padding.size(), n);
  if (output_shape.size() == n + 2) output_shape.erase(output_shape.begin(), output_shape.begin() + 2);  // some exporters give all extents
  if (!output_shape.empty() && output_shape.size() != n) node.fail("output_shape has {} entries, expected {}", output_shape.size(), n);
  if (window.flat) {
    output_padding.insert(output_padding.begin(), 0);
    if (!output_shape.empty()) output_shape.insert(output_shape.begin(), 1);
  }
  const Shape extents = window.flat ? Shape{1, shape[2]} : spatial(shape);
  if (output_shape.empty() && how.starts_with("SAME"))
    for (size_t i = 0; i < 2; ++i) output_shape.push_back(extents[i] * window.strides[i]);
  for (size_t i = 0; i < output_shape.size(); ++i) {  // the spec's formula; what is missing at the end is padding of the result
    if (output_padding[i] < 0 || output_padding[i] > INT32_MAX || output_shape[i] < 0 || output_shape[i] > INT32_MAX ||
        extents[i] > INT32_MAX)
      node.fail("an extent is out of range");
    const int64_t total =
        window.strides[i] * (extents[i] - 1) + output_padding[i] + (window.kernel[i] - 1) * window.dilations[i] + 1 - output_shape[i];
    const int64_t pad = std::max<int64_t>(total, 0);
    if (total < 0) output_padding[i] -= total;
    window.pads[i] = how == "SAME_UPPER" ? pad / 2 : pad - pad / 2;
    window.pads[i + 2] = pad - window.pads[i];
  }
  Attributes attributes = window_attributes(node, window);
  attributes["output_padding"] = output_padding;
  call_2d(node, "conv_transpose2d", {src, weight, node.optional(2)}, std::move(attributes), window.flat, true);
}

bool is_weight(const Ref& value) { return value->constant || value->dequantized; }

Ref transposed_weight(NodeImport& node, const Ref& weight) { return is_weight(weight) ? node.transpose(weight, {1, 0}) : nullptr; }

Ref matrix_product(NodeImport& node, const Ref& a, const Ref& b, bool finish) {
  const bool matrix = node.shape(b).size() == 2 && !node.shape(a).empty() && node.dtype(a) == DType::f32 && node.dtype(b) == DType::f32;
  const Ref weight = matrix ? transposed_weight(node, b) : nullptr;
  const std::string_view op = weight ? "linear" : "matmul";
  const std::vector<Ref> operands{a, weight ? weight : b};
  if (!finish) return node.emit(op, operands);
  node.finish(op, operands);
  return nullptr;
}

void import_matmul(NodeImport& node) { matrix_product(node, node.operand(0), node.operand(1), true); }

void import_matmul_integer(NodeImport& node) {
  node.finish("matmul_integer", {node.operand(0), node.operand(1), node.optional(2), node.optional(3)});
}

namespace {

Ref scaled(NodeImport& node, const Ref& value, float factor, std::string_view what) {
  if (factor == 1.0f) return value;
  const Ref result = node.emit("mul", {value, node.constant_value(Tensor::scalar(factor).cast(node.dtype(value)), what)});
  if (result->constant) result->name = value->name;
  return result;
}

/// C as a vector of n, where it broadcasts along rows; nullptr where it is a matrix or does not fit.
Ref row_vector(NodeImport& node, const Ref& c, int64_t n) {
  const Shape shape = node.shape(c);
  if (shape == Shape{n}) return c;
  if (!c->constant) return nullptr;
  if (count(shape) == n && (shape.empty() || shape.back() == n)) return node.reshape(c, {n});
  if (count(shape) != 1) return nullptr;
  const Ref expanded = node.emit("expand", {node.reshape(c, {1})}, {{"shape", Ints{n}}});
  expanded->name = c->name;
  return expanded;
}

}  // namespace

void import_gemm(NodeImport& node) {  // alpha * A * B + beta * C
  const float alpha = node.get_float("alpha", 1.0f), beta = node.get_float("beta", 1.0f);
  const bool transpose_b = node.get_int("transB", 0) != 0;
  Ref a = node.operand(0), b = node.operand(1), c = beta == 0.0f ? nullptr : node.optional(2);
  if (node.shape(a).size() != 2 || node.shape(b).size() != 2)
    node.fail("{} times {}, expected two matrices", to_string(node.shape(a)), to_string(node.shape(b)));
  if (node.get_int("transA", 0) != 0) a = node.transpose(a, {1, 0});
  const bool floats = node.dtype(a) == DType::f32;
  const bool weight = floats && is_weight(b) && (alpha == 1.0f || b->constant);
  if (!weight) {
    if (transpose_b) b = node.transpose(b, {1, 0});
    if (!c && alpha == 1.0f) return node.finish("matmul", {a, b});
    Ref product = node.emit("matmul", {a, b});
    if (!c) return node.finish("mul", {product, node.constant_value(Tensor::scalar(alpha).cast(node.dtype(a)), "alpha")});
    product = scaled(node, product, alpha, "alpha");
    return node.finish("add", {product, scaled(node, c, beta, "beta")});
  }
  if (!transpose_b) b = transposed_weight(node, b);
  b = scaled(node, b, alpha, "alpha");
  const bool bias_scales = !c || c->constant || beta == 1.0f;
  const Ref bias = c && bias_scales ? row_vector(node, scaled(node, c, beta, "beta"), node.shape(b)[0]) : nullptr;
  if (!c || bias) return node.finish("linear", {a, b, bias});
  node.finish("add", {node.emit("linear", {a, b}), scaled(node, c, beta, "beta")});
}

}  // namespace galet::importers
