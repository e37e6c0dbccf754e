// Functions of elements.
#include <cmath>
#include <limits>

#include "galet/importers/onnx/onnx_ops.h"
#include "galet/ops/ops.h"

namespace galet::importers {

void import_simple(NodeImport& node) {
  Attributes attributes;
  for (const std::string_view entry : node.row.attributes) {  // "name" or "onnx name:galet name"
    const size_t colon = entry.find(':');
    const std::string from(entry.substr(0, colon)), to(colon == entry.npos ? entry : entry.substr(colon + 1));
    const Attribute* attribute = node.find(from);
    if (attribute == nullptr) continue;
    attributes[to] = to == "axis" ? Attribute(node.axis(node.get_int(from, 0), node.rank(0))) : *attribute;
  }
  node.finish(node.row.needs[0], node.all_operands(), std::move(attributes));
}

void import_identity(NodeImport& node) { node.bind(node.operand(0)); }

void import_sum(NodeImport& node) {
  const std::vector<Ref> terms = node.all_operands();
  if (terms.size() < 2 || node.dtype(0) != DType::f32) return node.finish("sum", terms);
  Ref sum = terms[0];  // left to right, as ONNX Runtime adds; additions have integer kernels and fuse into convolutions
  for (size_t i = 1; i + 1 < terms.size(); ++i) sum = node.emit("add", {sum, terms[i]});
  node.finish("add", {sum, terms.back()});
}

namespace {

bool training(NodeImport& node) {
  if (!node.has(2)) return false;
  const Tensor flag = node.constant(2, "training_mode");
  const float ratio = node.has(1) ? node.one_float(node.constant(1, "ratio"), "ratio") : 0.5f;
  return ratio != 0 && node.one_float(flag, "training_mode") != 0;
}

}  // namespace

void import_dropout(NodeImport& node) {
  if (training(node)) node.fail("training mode: galet runs networks, export it in evaluation mode");
  node.bind(node.operand(0));
  if (!node.wants(1)) return;
  const Shape shape = node.shape(0);
  node.reserve(shape, DType::boolean);
  Tensor mask(DType::boolean, shape);
  std::fill_n(mask.mutable_data<bool>(), mask.size(), true);
  node.bind(node.constant_value(mask, "mask"), 1);
}

namespace {

/// Limits of Clip where they are known and fit a float attribute.
std::optional<float> limit(NodeImport& node, size_t i, float missing) {
  if (!node.has(i)) return missing;
  const Tensor value = node.conversion().known_value(node.operand(i));
  if (!value || value.size() != 1) return std::nullopt;
  const float x = node.one_float(value, i == 1 ? "min" : "max");
  return std::isnan(x) ? std::nullopt : std::optional(x);
}

}  // namespace

void import_clip(NodeImport& node) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  if (node.opset() < 11) {
    node.finish("clip", {node.operand(0)}, {{"min", node.get_float("min", -kInfinity)}, {"max", node.get_float("max", kInfinity)}});
    return;
  }
  if (!node.has(1) && !node.has(2)) return node.bind(node.operand(0));
  const std::optional<float> min = limit(node, 1, -kInfinity), max = limit(node, 2, kInfinity);
  if (min && max && node.dtype(0) == DType::f32) return node.finish("clip", {node.operand(0)}, {{"min", *min}, {"max", *max}});
  // Integers, which floats do not hold exactly, and limits that the network computes.
  if (!node.has(2)) return node.finish("max", {node.operand(0), node.operand(1)});
  const Ref raised = node.has(1) ? node.emit("max", {node.operand(0), node.operand(1)}) : node.operand(0);
  node.finish("min", {raised, node.operand(2)});
}

void import_swish(NodeImport& node) {
  const float alpha = node.get_float("alpha", 1.0f);
  const Ref src = node.operand(0);
  if (alpha == 1.0f) return node.finish("silu", {src});
  const Ref scaled = node.emit("mul", {src, node.constant_value(Tensor::scalar(alpha), "alpha")});
  node.finish("mul", {src, node.emit("sigmoid", {scaled})});
}

void import_microsoft_gelu(NodeImport& node) { node.finish("gelu", {node.operand(0)}); }

void import_shrink(NodeImport& node) {  // x < -lambd: x + bias; x > lambd: x - bias; else 0
  const DType dtype = node.dtype(0);
  const auto constant = [&](float value, std::string_view what) { return node.constant_value(Tensor::scalar(value).cast(dtype), what); };
  const float lambd = node.get_float("lambd", 0.5f), bias = node.get_float("bias", 0.0f);
  const Ref src = node.operand(0), shift = constant(bias, "bias");
  const Ref above =
      node.emit("where", {node.emit("greater", {src, constant(lambd, "lambd")}), node.emit("sub", {src, shift}), constant(0, "zero")});
  node.finish("where", {node.emit("less", {src, constant(-lambd, "minus_lambd")}), node.emit("add", {src, shift}), above});
}

void import_softmax(NodeImport& node) {
  const std::string_view op = node.row.needs[0];
  const Ref src = node.operand(0);
  const Shape shape = node.shape(0);
  const auto rank = static_cast<int64_t>(shape.size());
  if (node.opset() >= 13) return node.finish(op, {src}, {{"axis", node.axis(node.get_int("axis", -1), rank)}});
  // Before opset 13: over all dimensions from `axis` on, taken as one.
  const int64_t given = node.get_int("axis", 1);
  const int64_t axis = given == rank ? rank : node.axis(given, rank);
  const int64_t inner = count(shape, static_cast<size_t>(axis), shape.size());
  if (axis < rank && shape[static_cast<size_t>(axis)] == inner) return node.finish(op, {src}, {{"axis", axis}});
  const Ref matrix = node.reshape(src, {count(shape, 0, static_cast<size_t>(axis)), inner});
  node.finish("reshape", {node.emit(op, {matrix}, {{"axis", int64_t{1}}})}, {{"shape", Ints(shape)}});
}

}  // namespace galet::importers
