// Functions of one element.
#include <cmath>
#include <limits>

#include "galet/torch/torchscript/script_ops.h"

namespace galet::torch::aten {
namespace {

void clip(ScriptNode& node, std::optional<float> min, std::optional<float> max) {
  Attributes attributes;
  if (min) attributes["min"] = *min;
  if (max) attributes["max"] = *max;
  node.finish("clip", {node.tensor(0)}, std::move(attributes));
}

std::optional<float> limit(const ScriptNode& node, size_t i) { return node.has(i) ? std::optional(node.real_float(i)) : std::nullopt; }

Ref like(const ScriptNode& node, double value, std::string_view what) { return node.number(value, node.tensor(0)->type.dtype, what); }

}  // namespace

void import_relu6(ScriptNode& node) { clip(node, 0.0f, 6.0f); }
void import_clamp(ScriptNode& node) { clip(node, limit(node, 1), limit(node, 2)); }
void import_clamp_min(ScriptNode& node) { clip(node, limit(node, 1), std::nullopt); }
void import_clamp_max(ScriptNode& node) { clip(node, std::nullopt, limit(node, 1)); }

void import_threshold(ScriptNode& node) {  // x > threshold ? x : value
  const Ref x = node.tensor(0);
  const Ref above = node.emit("greater", {x, like(node, node.real(1), "threshold")});
  node.finish("where", {above, x, like(node, node.real(2), "value")});
}

void import_leaky_relu(ScriptNode& node) { node.finish("leaky_relu", {node.tensor(0)}, {{"alpha", node.real_float(1)}}); }

void import_elu(ScriptNode& node) {  // alpha scale input_scale
  if (node.real(2) != 1 || node.real(3) != 1) node.fail("scales other than 1 are not supported");
  node.finish("elu", {node.tensor(0)}, {{"alpha", node.real_float(1)}});
}

void import_celu(ScriptNode& node) { node.finish("celu", {node.tensor(0)}, {{"alpha", node.real_float(1)}}); }

void import_log_sigmoid(ScriptNode& node) {  // -softplus(-x)
  node.finish("neg", {node.emit("softplus", {node.emit("neg", {node.tensor(0)})})});
}

void import_hardsigmoid(ScriptNode& node) {  // relu6(x + 3) / 6
  node.finish("hard_sigmoid", {node.tensor(0)}, {{"alpha", 1.0f / 6.0f}, {"beta", 0.5f}});
}

void import_gelu(ScriptNode& node) {
  node.finish("gelu", {node.tensor(0)}, {{"approximate", node.has(1) ? node.text(1) : std::string("none")}});
}

void import_softplus(ScriptNode& node) {  // log(1 + exp(beta x)) / beta; x itself beyond the threshold, where both agree to the bit
  const double beta = node.real(1);
  if (beta == 1) return node.finish("softplus", {node.tensor(0)});
  const Ref scaled = node.emit("mul", {node.tensor(0), like(node, beta, "beta")});
  node.finish("div", {node.emit("softplus", {scaled}), like(node, beta, "beta")});
}

void import_prelu(ScriptNode& node) {
  Ref slope = node.tensor(1);
  node.name_after(slope);
  Shape shape(static_cast<size_t>(node.rank(0)), 1);
  if (shape.size() > 1) shape[1] = count(slope->type.shape);
  node.finish("prelu", {node.tensor(0), node.reshape(slope, shape)});
}

void import_rsqrt(ScriptNode& node) { node.finish("reciprocal", {node.emit("sqrt", {node.tensor(0)})}); }
void import_square(ScriptNode& node) { node.finish("mul", {node.tensor(0), node.tensor(0)}); }

void import_round(ScriptNode& node) {
  if (node.has(1) && node.integer(1) != 0) node.fail("rounding to decimals is not supported");
  node.finish("round", {node.tensor(0)});
}

void import_dropout(ScriptNode& node) {  // input p train
  if (node.boolean(2) && node.real(1) > 0) node.fail("drops at random: call eval() before tracing");
  node.give(node.tensor(0));
}

}  // namespace galet::torch::aten
