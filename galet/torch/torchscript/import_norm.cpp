// Normalisations and softmax.
#include "galet/torch/torchscript/script_ops.h"

namespace galet::torch::aten {
namespace {

/// A parameter, or `missing` for each of n channels where there is none.
Ref or_constant(ScriptNode& node, size_t i, int64_t n, float missing, std::string_view what) {
  if (node.has(i)) return node.tensor(i);
  return node.constant(Tensor::from<float>({n}, std::vector<float>(static_cast<size_t>(n), missing)), what);
}

int64_t channels(const ScriptNode& node) {
  if (node.rank(0) < 2) node.fail("src of shape {} has no channels", to_string(node.shape(0)));
  return node.shape(0)[1];
}

}  // namespace

void import_batch_norm(ScriptNode& node) {  // input weight bias mean var training momentum eps cudnn
  if (node.boolean(5) || !node.has(3) || !node.has(4))
    node.fail("computes the statistics of each batch: call eval() before tracing, or build it with track_running_stats");
  const int64_t n = channels(node);
  node.name_after(node.tensor(3));
  const std::vector<Ref> parameters{or_constant(node, 1, n, 1, "weight"), or_constant(node, 2, n, 0, "bias"), node.tensor(3),
                                    node.tensor(4)};
  const Ref src = node.tensor(0);
  const Attributes attributes{{"epsilon", node.real_float(7)}};
  const Shape shape = src->type.shape;
  if (shape.size() == 4) return node.finish("batch_norm", {src, parameters[0], parameters[1], parameters[2], parameters[3]}, attributes);
  const Ref image = node.reshape(src, {shape[0], shape[1], 1, count(shape, 2, shape.size())});
  node.give(node.reshape(node.emit("batch_norm", {image, parameters[0], parameters[1], parameters[2], parameters[3]}, attributes), shape));
}

void import_instance_norm(ScriptNode& node) {  // input weight bias mean var use_input_stats momentum eps cudnn
  const int64_t n = channels(node);
  const Ref scale = or_constant(node, 1, n, 1, "weight"), shift = or_constant(node, 2, n, 0, "bias");
  if (node.has(1)) node.name_after(scale);
  const Attributes attributes{{"epsilon", node.real_float(7)}};
  if (!node.boolean(5)) return node.finish("batch_norm", {node.tensor(0), scale, shift, node.tensor(3), node.tensor(4)}, attributes);
  node.finish("instance_norm", {node.tensor(0), scale, shift}, attributes);
}

void import_group_norm(ScriptNode& node) {  // input groups weight bias eps
  const int64_t n = channels(node);
  const Ref scale = or_constant(node, 2, n, 1, "weight"), shift = or_constant(node, 3, n, 0, "bias");
  if (node.has(2)) node.name_after(scale);
  node.finish("group_norm", {node.tensor(0), scale, shift}, {{"groups", node.integer(1)}, {"epsilon", node.real_float(4)}});
}

void import_layer_norm(ScriptNode& node) {  // input normalized_shape weight bias eps
  const auto last = static_cast<int64_t>(node.ints(1).size());
  if (node.has(2)) node.name_after(node.tensor(2));
  node.finish("layer_norm", {node.tensor(0), node.optional(2), node.optional(3)}, {{"axis", -last}, {"epsilon", node.real_float(4)}});
}

void import_softmax(ScriptNode& node) {  // self dim dtype
  Ref src = node.tensor(0);
  if (node.has(2)) src = node.cast(src, dtype_of_code(node, node.integer(2)));
  node.finish(node.kind, {src}, {{"axis", node.axis(node.integer(1), node.rank(0))}});
}

}  // namespace galet::torch::aten
