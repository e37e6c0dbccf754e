// Convolutions, linear layers and matrix products. One-dimensional convolutions become two-dimensional ones of height 1.
#include "galet/torch/torchscript/script_ops.h"

namespace galet::torch::aten {
namespace {

struct Convolution {
  Ints strides, padding, dilations, output_padding;
  int64_t groups = 1;
  bool transposed = false;
  std::string pad_word;  // "same", "valid"
};

/// Lists of one spatial dimension in front of which stands a height.
Ints with_height(Ints list, int64_t height) {
  if (list.size() == 1) list.insert(list.begin(), height);
  return list;
}

void convolve(ScriptNode& node, Convolution how) {
  const Ref given = node.tensor(0), weight_given = node.tensor(1), bias = node.optional(2);
  const size_t spatial = weight_given->type.shape.size() < 2 ? 0 : weight_given->type.shape.size() - 2;
  if (spatial != 1 && spatial != 2)
    node.fail("weight of shape {}: only convolutions of one or two dimensions are supported", to_string(weight_given->type.shape));
  if (given->type.shape.size() != spatial + 2)
    node.fail("src of shape {} has no batch, expected {} dimensions", to_string(given->type.shape), spatial + 2);
  node.name_after(weight_given);
  const bool flat = spatial == 1;
  const Ref src = lifted(node, given), weight = lifted(node, weight_given);
  const Ints strides = with_height(how.strides, 1), dilations = with_height(how.dilations, 1);
  Ints pads;
  if (how.pad_word == "same") {
    for (size_t i = 0; i < 2; ++i)
      if (strides[i] != 1) node.fail("padding=\"same\" with a stride");
    const int64_t h = dilations[0] * (weight->type.shape[2] - 1), w = dilations[1] * (weight->type.shape[3] - 1);
    pads = {h / 2, w / 2, h - h / 2, w - w / 2};
  } else {
    const Ints both = with_height(how.padding, 0);
    pads = {both[0], both[1], both[0], both[1]};
  }
  Attributes attributes{{"strides", strides}, {"pads", pads}, {"dilations", dilations}, {"group", how.groups}};
  if (how.transposed) attributes["output_padding"] = with_height(how.output_padding, 0);
  const Ref y = node.emit(how.transposed ? "conv_transpose2d" : "conv2d", {src, weight, bias}, std::move(attributes));
  if (!flat) return node.give(y);
  const Shape& s = y->type.shape;
  node.give(node.reshape(y, {s[0], s[1], s[3]}));
}

size_t spatial_of(const ScriptNode& node) { return node.rank(1) == 3 ? 1 : 2; }

}  // namespace

Ref lifted(ScriptNode& node, const Ref& x) {
  const Shape& s = x->type.shape;
  return s.size() == 3 ? node.reshape(x, {s[0], s[1], 1, s[2]}) : x;
}

void import_conv(ScriptNode& node) {  // input weight bias stride padding dilation groups
  const size_t n = spatial_of(node);
  Convolution how{node.ints(3, n), Ints(n, 0), node.ints(5, n), {}, node.integer(6), false, {}};
  if (std::holds_alternative<std::string>(node.value(4))) {
    how.pad_word = node.text(4);
  } else {
    how.padding = node.ints(4, n);
  }
  convolve(node, std::move(how));
}

void import_convolution(ScriptNode& node) {  // input weight bias stride padding dilation transposed output_padding groups
  const size_t n = spatial_of(node);
  convolve(node, {node.ints(3, n), node.ints(4, n), node.ints(5, n), node.ints(7, n), node.integer(8), node.boolean(6), {}});
}

void import_conv_transpose(ScriptNode& node) {  // input weight bias stride padding output_padding groups dilation
  const size_t n = spatial_of(node);
  convolve(node, {node.ints(3, n), node.ints(4, n), node.ints(7, n), node.ints(5, n), node.integer(6), true, {}});
}

void import_linear(ScriptNode& node) {
  node.name_after(node.tensor(1));
  node.finish("linear", {node.tensor(0), node.tensor(1), node.optional(2)});
}

void import_addmm(ScriptNode& node) {  // beta * self + alpha * (a @ b)
  const Ref bias = node.tensor(0), a = node.tensor(1), b = node.tensor(2);
  const double beta = node.has(3) ? node.real(3) : 1, alpha = node.has(4) ? node.real(4) : 1;
  if (b->constant && bias->constant && alpha == 1 && beta == 1 && bias->type.shape.size() == 1 && b->type.shape.size() == 2) {
    node.name_after(b);
    const Ref weight = node.emit("transpose", {b}, {{"perm", Ints{1, 0}}});
    weight->name = b->name;
    return node.finish("linear", {a, weight, bias});
  }
  auto scaled = [&](const Ref& x, double factor) {
    return factor == 1 ? x : node.emit("mul", {x, node.number(factor, x->type.dtype, "factor")});
  };
  node.finish("add", {scaled(node.emit("matmul", {a, b}), alpha), scaled(bias, beta)});
}

void import_matmul(ScriptNode& node) { node.finish("matmul", {node.tensor(0), node.tensor(1)}); }

}  // namespace galet::torch::aten
