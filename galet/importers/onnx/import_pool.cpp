// Pools. One-dimensional ones become two-dimensional ones of height 1.
#include "galet/importers/onnx/onnx_ops.h"

namespace galet::importers {
namespace {

void pool(NodeImport& node, std::string_view op, const Ref& src, Attributes attributes) {
  const Shape shape = node.shape(src);
  if (shape.size() < 3) node.fail("src has {} dimensions, expected 3 or 4", shape.size());
  if (!node.has_attribute("kernel_shape")) node.fail("has no kernel_shape");
  const Window2d window = window_2d(node, Shape(shape.begin() + 2, shape.end()), {});
  attributes["kernel"] = window.kernel;
  attributes["strides"] = window.strides;
  attributes["pads"] = window.pads;
  attributes["dilations"] = window.dilations;
  attributes["ceil_mode"] = node.get_int("ceil_mode", 0);
  if (!window.flat) return node.finish(op, {src}, std::move(attributes));
  const Ref pooled = node.emit(op, {node.reshape(src, lifted(shape))}, std::move(attributes));
  node.finish("reshape", {pooled}, {{"shape", Ints(flattened(node.shape(pooled)))}});
}

void global(NodeImport& node, std::string_view op) {
  const Ref src = node.operand(0);
  const Shape shape = node.shape(src);
  if (shape.size() == 4) return node.finish(op, {src});
  const Ref pooled = global_pool(node, op, src);
  Shape wanted(shape.size(), 1);
  wanted[0] = shape[0];
  wanted[1] = shape[1];
  node.finish("reshape", {pooled}, {{"shape", Ints(wanted)}});
}

}  // namespace

Ref global_pool(NodeImport& node, std::string_view op, const Ref& src) {
  const Shape shape = node.shape(src);
  if (shape.size() < 3) node.fail("src has {} dimensions, expected at least 3", shape.size());
  return node.emit(op, {node.reshape(src, {shape[0], shape[1], 1, count(shape, 2, shape.size())})});
}

void import_max_pool(NodeImport& node) {
  if (node.wants(1)) node.fail("its second result (indices) is not supported");
  pool(node, "max_pool", node.operand(0), {});
}

void import_average_pool(NodeImport& node) {
  pool(node, "average_pool", node.operand(0), {{"count_include_pad", node.get_int("count_include_pad", 0)}});
}

void import_global_average_pool(NodeImport& node) { global(node, "global_average_pool"); }
void import_global_max_pool(NodeImport& node) { global(node, "global_max_pool"); }

}  // namespace galet::importers
