// Functions that convert ONNX nodes, one a row of onnx_ops.inc, and what they share.
#pragma once

#include "galet/importers/onnx/node_import.h"

namespace galet::importers {

#define ONNX_OP(type, convert, ...) void convert(NodeImport& node);
#define ONNX_SIMPLE(type, ...)
#define MICROSOFT_OP(type, convert, ...) void convert(NodeImport& node);
#include "galet/importers/onnx/onnx_ops.inc"
#undef ONNX_OP
#undef ONNX_SIMPLE
#undef MICROSOFT_OP

/// Operands as they are, attributes under their names; a negative `axis` is counted from the end of operand 0.
void import_simple(NodeImport& node);

/// Sliding windows of a one- or two-dimensional operator in two-dimensional form: a missing height is 1.
struct Window2d {
  bool flat = false;  // one-dimensional: (n, c, w) is to be seen as (n, c, 1, w)
  Ints kernel, strides, pads, dilations;
};
/// Reads kernel_shape (held against `kernel` unless empty), strides, dilations, pads and auto_pad. `src` are the spatial extents. Three
/// dimensions and more throw Error.
Window2d window_2d(const NodeImport& node, const Shape& src, const Ints& kernel);
/// (n, c, w) -> (n, c, 1, w).
Shape lifted(const Shape& shape);
Shape flattened(const Shape& shape);

/// conv2d of any operands (real or dequantized); the ONNX node's result when `finish`, else an inner value that is returned.
Ref convolution(NodeImport& node, Ref src, Ref weight, const Ref& bias, bool finish);
/// matmul, or linear where b is a constant (or dequantized constant) matrix.
Ref matrix_product(NodeImport& node, const Ref& a, const Ref& b, bool finish);
/// The transposed matrix when it is a constant or a dequantized constant; nullptr otherwise.
Ref transposed_weight(NodeImport& node, const Ref& weight);
/// A constant, or the dequantize of one.
bool is_weight(const Ref& value);
/// average pool over all spatial extents of src, whatever their number.
Ref global_pool(NodeImport& node, std::string_view op, const Ref& src);

}  // namespace galet::importers
