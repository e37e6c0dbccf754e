// QuantizeLinear, DequantizeLinear, DynamicQuantizeLinear.
#include "galet/importers/onnx/onnx_ops.h"
#include "galet/importers/onnx/read_tensor.h"

namespace galet::importers {
namespace {

int64_t axis_of(NodeImport& node) {
  if (node.get_int("block_size", 0) != 0)
    node.fail("block_size {} (a scale for each block) is not supported", node.get_int("block_size", 0));
  const int64_t rank = node.rank(0), given = node.get_int("axis", 1);
  if (count(node.shape(1)) == 1 && node.shape(1).size() <= 1 && (given < -rank || given >= rank))
    return 0;  // one scale: the axis says nothing
  return node.axis(given, rank);
}

/// Scales are f32 in galet; opset 19 allows half, which reading has converted.
Ref scale_of(NodeImport& node) {
  if (node.dtype(1) != DType::f32) node.fail("its scale is of {}, expected f32", to_string(node.dtype(1)));
  return node.operand(1);
}

}  // namespace

void import_quantize_linear(NodeImport& node) {
  DType to = node.has(2) ? node.dtype(2) : DType::u8;
  if (const int64_t given = node.get_int("output_dtype", 0); given != 0 && !node.has(2)) {
    const int type = given < 0 || given > 1000 ? -1 : static_cast<int>(given);
    if (!galet_dtype(type, to)) node.fail("quantizes to element type {}, which galet has not", onnx_type_name(type));
  }
  Ref src = node.operand(0);
  if (node.dtype(src) != DType::f32) src = node.emit("cast", {src}, {{"to", std::string("f32")}});  // i32, as the spec allows
  node.finish("quantize", {src, scale_of(node), node.optional(2)}, {{"axis", axis_of(node)}, {"to", std::string(to_string(to))}});
}

void import_dequantize_linear(NodeImport& node) {
  node.finish("dequantize", {node.operand(0), scale_of(node), node.optional(2)}, {{"axis", axis_of(node)}});
}

void import_dynamic_quantize_linear(NodeImport& node) { node.finish("dynamic_quantize", {node.operand(0)}); }

}  // namespace galet::importers
