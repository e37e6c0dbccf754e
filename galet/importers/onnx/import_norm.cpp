// Normalisations.
#include "galet/importers/onnx/onnx_ops.h"

namespace galet::importers {

void import_batch_normalization(NodeImport& node) {
  if (node.get_int("training_mode", 0) != 0 || node.wants(1) || node.wants(2))
    node.fail("training mode: galet runs networks, export it in evaluation mode");
  if (node.get_int("spatial", 1) == 0) node.fail("spatial=0 (statistics per position) is not supported");
  node.finish("batch_norm", {node.operand(0), node.operand(1), node.operand(2), node.operand(3), node.operand(4)},
              {{"epsilon", node.get_float("epsilon", 1e-5f)}});
}

void import_instance_normalization(NodeImport& node) {
  node.finish("instance_norm", {node.operand(0), node.operand(1), node.operand(2)}, {{"epsilon", node.get_float("epsilon", 1e-5f)}});
}

void import_group_normalization(NodeImport& node) {
  const Shape src = node.shape(0);
  if (src.size() < 2) node.fail("src has {} dimensions, expected at least 2", src.size());
  const int64_t groups = node.get_int("num_groups", 0);
  if (groups < 1 || src[1] % groups != 0) node.fail("{} channels do not divide into {} groups", src[1], groups);
  const int64_t each = src[1] / groups;
  const auto per_channel = [&](const Ref& value) {  // opset 18 gives one number a group
    if (node.opset() >= 21 || each == 1) return value;
    const Ref expanded = node.emit("expand", {node.reshape(value, {groups, 1})}, {{"shape", Ints{groups, each}}});
    return node.reshape(expanded, {src[1]});
  };
  node.finish("group_norm", {node.operand(0), per_channel(node.operand(1)), per_channel(node.operand(2))},
              {{"groups", groups}, {"epsilon", node.get_float("epsilon", 1e-5f)}});
}

namespace {

Ints range_of(int64_t first, int64_t last) {
  Ints axes;
  for (int64_t i = first; i < last; ++i) axes.push_back(i);
  return axes;
}

Ref scalar(NodeImport& node, float value, std::string_view what) { return node.constant_value(Tensor::scalar(value), what); }

Ref mean(NodeImport& node, const Ref& src, const Ints& axes) {
  return node.emit("reduce_mean", {src}, {{"axes", axes}, {"keepdims", int64_t{1}}});
}

/// 1 / sqrt(mean(x^2) + epsilon).
Ref inverse_root_mean_square(NodeImport& node, const Ref& x, const Ints& axes, float epsilon) {
  const Ref variance = mean(node, node.emit("mul", {x, x}), axes);
  const Ref root = node.emit("sqrt", {node.emit("add", {variance, scalar(node, epsilon, "epsilon")})});
  return node.emit("div", {scalar(node, 1.0f, "one"), root});
}

}  // namespace

void import_layer_normalization(NodeImport& node) {
  const int64_t rank = node.rank(0), axis = node.axis(node.get_int("axis", -1), rank);
  const float epsilon = node.get_float("epsilon", 1e-5f);
  const Ref src = node.operand(0);
  node.finish("layer_norm", {src, node.optional(1), node.optional(2)}, {{"axis", axis}, {"epsilon", epsilon}});
  if (!node.wants(1) && !node.wants(2)) return;
  const Ints axes = range_of(axis, rank);
  const Ref average = mean(node, src, axes);
  node.bind(average, 1);
  node.bind(inverse_root_mean_square(node, node.emit("sub", {src, average}), axes, epsilon), 2);
}

void import_rms_normalization(NodeImport& node) {
  const int64_t rank = node.rank(0), axis = node.axis(node.get_int("axis", -1), rank);
  const Ref src = node.operand(0);
  const Ref factor = inverse_root_mean_square(node, src, range_of(axis, rank), node.get_float("epsilon", 1e-5f));
  node.finish("mul", {node.emit("mul", {src, factor}), node.operand(1)});
}

void import_mean_variance_normalization(NodeImport& node) {  // (x - mean) / (sqrt(mean((x - mean)^2)) + 1e-9)
  const Ints axes = node.axes(node.get_ints("axes", {0, 2, 3}), node.rank(0));
  const Ref centred = node.emit("sub", {node.operand(0), mean(node, node.operand(0), axes)});
  const Ref deviation = node.emit("sqrt", {mean(node, node.emit("mul", {centred, centred}), axes)});
  node.finish("div", {centred, node.emit("add", {deviation, scalar(node, 1e-9f, "epsilon")})});
}

}  // namespace galet::importers
