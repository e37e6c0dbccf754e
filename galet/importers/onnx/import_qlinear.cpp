// Operators on codes that carry their scales as operands: dequantize, the operator on real numbers, quantize. Passes turn that into facts
// again.
#include "galet/importers/onnx/onnx_ops.h"

namespace galet::importers {
namespace {

/// Operands first, first + 1, first + 2: codes, scale, zero point. Several scales belong to `axis`.
Ref dequantized(NodeImport& node, size_t first, int64_t axis) {
  const Ref codes = node.operand(first);
  const int64_t rank = static_cast<int64_t>(node.shape(codes).size());
  return node.emit("dequantize", {codes, node.operand(first + 1), node.optional(first + 2)},
                   {{"axis", rank == 0 ? int64_t{0} : node.axis(axis, rank)}});
}

/// Quantizes to the scale and zero point at `first`; codes are of the zero point's type, else of that of `like`.
void finish_quantized(NodeImport& node, const Ref& src, size_t first, DType like, int64_t axis = 1) {
  const DType to = node.has(first + 1) ? node.dtype(first + 1) : like;
  const auto rank = static_cast<int64_t>(node.shape(src).size());
  node.finish("quantize", {src, node.operand(first), node.optional(first + 1)},
              {{"axis", axis < rank ? axis : int64_t{0}}, {"to", std::string(to_string(to))}});
}

/// int32 codes of a bias: scale s_src * s_weight, zero point 0.
Ref bias_of(NodeImport& node, size_t i, const Ref& src_scale, const Ref& weight_scale) {
  if (!node.has(i)) return nullptr;
  Ref scale = node.emit("mul", {src_scale, weight_scale});
  if (count(node.shape(scale)) == 1) scale = node.reshape(scale, {});
  return node.emit("dequantize", {node.operand(i), scale}, {{"axis", int64_t{0}}});
}

}  // namespace

void import_qlinear_conv(NodeImport& node) {  // x x_scale x_zero w w_scale w_zero y_scale y_zero bias
  const Ref src = dequantized(node, 0, 1), weight = dequantized(node, 3, 0);
  const Ref result = convolution(node, src, weight, bias_of(node, 8, node.operand(1), node.operand(4)), false);
  finish_quantized(node, result, 6, node.dtype(0));
}

void import_qlinear_matmul(NodeImport& node) {  // a a_scale a_zero b b_scale b_zero y_scale y_zero; scales of rows of a, of columns of b
  const Ref a = dequantized(node, 0, std::max<int64_t>(node.rank(0) - 2, 0)), b = dequantized(node, 3, node.rank(3) - 1);
  finish_quantized(node, matrix_product(node, a, b, false), 6, node.dtype(0));
}

void import_qgemm(NodeImport& node) {  // a a_scale a_zero b b_scale b_zero bias y_scale y_zero
  const bool transposed = node.get_int("transB", 0) != 0;
  if (node.get_int("transA", 0) != 0 || node.get_float("alpha", 1.0f) != 1.0f) node.fail("transA and alpha are not supported");
  Ref a = dequantized(node, 0, 0), weight = dequantized(node, 3, transposed ? 0 : 1);
  if (!transposed) weight = transposed_weight(node, weight);
  if (!weight) node.fail("its matrix is computed from data");
  const std::vector<Ref> operands{a, weight, bias_of(node, 6, node.operand(1), node.operand(4))};
  if (!node.has(7)) return node.finish("linear", operands);
  finish_quantized(node, node.emit("linear", operands), 7, node.dtype(0));
}

void import_qlinear_binary(NodeImport& node) {  // a a_scale a_zero b b_scale b_zero y_scale y_zero
  finish_quantized(node, node.emit(node.row.needs[2], {dequantized(node, 0, 0), dequantized(node, 3, 0)}), 6, node.dtype(0));
}

void import_qlinear_unary(NodeImport& node) {  // x x_scale x_zero y_scale y_zero
  Attributes attributes;
  if (node.has_attribute("alpha")) attributes["alpha"] = node.get_float("alpha", 0.01f);
  finish_quantized(node, node.emit(node.row.needs[2], {dequantized(node, 0, 0)}, std::move(attributes)), 3, node.dtype(0));
}

void import_qlinear_softmax(NodeImport& node) {
  const int64_t rank = node.rank(0), axis = node.axis(node.get_int("axis", -1), rank);
  if (node.get_int("opset", 13) < 13 && axis != rank - 1)
    node.fail("the meaning of softmax before opset 13 is supported on the last axis only");
  finish_quantized(node, node.emit("softmax", {dequantized(node, 0, 0)}, {{"axis", axis}}), 3, node.dtype(0));
}

namespace {

/// Codes with channels last are seen with channels first.
Ref channels_first(NodeImport& node, const Ref& src) {
  return node.get_int("channels_last", 0) == 0 ? src : node.transpose(src, {0, 3, 1, 2});
}
Ref channels_back(NodeImport& node, const Ref& result) {
  return node.get_int("channels_last", 0) == 0 ? result : node.transpose(result, {0, 2, 3, 1});
}

void expect_image(NodeImport& node) {
  if (node.rank(0) != 4) node.fail("src has {} dimensions, expected 4", node.rank(0));
}

}  // namespace

void import_qlinear_global_average_pool(NodeImport& node) {
  expect_image(node);
  finish_quantized(node, channels_back(node, node.emit("global_average_pool", {channels_first(node, dequantized(node, 0, 0))})), 3,
                   node.dtype(0));
}

void import_qlinear_average_pool(NodeImport& node) {
  expect_image(node);
  const Ref src = channels_first(node, dequantized(node, 0, 0));
  const Shape shape = node.shape(src);
  if (!node.has_attribute("kernel_shape")) node.fail("has no kernel_shape");
  const Window2d window = window_2d(node, {shape[2], shape[3]}, {});
  const Ref pooled = node.emit("average_pool", {src},
                               {{"kernel", window.kernel},
                                {"strides", window.strides},
                                {"pads", window.pads},
                                {"dilations", window.dilations},
                                {"ceil_mode", node.get_int("ceil_mode", 0)},
                                {"count_include_pad", node.get_int("count_include_pad", 0)}});
  finish_quantized(node, channels_back(node, pooled), 3, node.dtype(0));
}

void import_qlinear_concat(NodeImport& node) {  // y_scale y_zero, then codes, scale, zero point of each
  std::vector<Ref> sources;
  for (size_t i = 2; i + 2 < node.operands(); i += 3) sources.push_back(dequantized(node, i, 0));
  if (sources.empty()) node.fail("has no operands");
  finish_quantized(node, node.emit("concat", sources, {{"axis", node.axis(node.get_int("axis", 1), node.rank(2))}}), 0, node.dtype(2));
}

}  // namespace galet::importers
