#include "galet/exporters/onnx/translate.h"

#include <algorithm>
#include <span>

namespace galet::exporters {
namespace {

struct Row {
  std::string_view op, type;
  int64_t opset;                              // since when ONNX has it
  std::vector<std::string_view> attributes;   // to be copied: "axis", or with another name there: "kernel=kernel_shape"
  void (*translate)(Translation&) = nullptr;  // instead of copying
};

std::span<const Row> rows() {
  static const std::vector<Row> list{
      // Weighted
      {"conv2d", "Conv", 11, {}, translate_conv2d},
      {"conv_transpose2d", "ConvTranspose", 11, {}, translate_conv_transpose2d},
      {"linear", "Gemm", 13, {}, translate_linear},
      {"matmul", "MatMul", 13, {}},
      // Normalisation and pooling
      {"batch_norm", "BatchNormalization", 9, {"epsilon"}},
      {"instance_norm", "InstanceNormalization", 6, {"epsilon"}},
      {"group_norm", "InstanceNormalization", 6, {}, translate_group_norm},
      {"layer_norm", "LayerNormalization", 17, {}, translate_layer_norm},
      {"lrn", "LRN", 13, {"size", "alpha", "beta", "bias"}},
      {"lp_normalization", "LpNormalization", 1, {"axis", "p"}},
      {"max_pool", "MaxPool", 12, {"kernel=kernel_shape", "strides", "pads", "dilations", "ceil_mode"}},
      {"average_pool", "AveragePool", 11, {}, translate_average_pool},
      {"global_average_pool", "GlobalAveragePool", 1, {}},
      {"global_max_pool", "GlobalMaxPool", 1, {}},
      {"resize", "Resize", 13, {}, translate_resize},
      // Functions of one element
      {"relu", "Relu", 13, {}},
      {"clip", "Clip", 13, {}, translate_clip},
      {"leaky_relu", "LeakyRelu", 6, {"alpha"}},
      {"elu", "Elu", 6, {"alpha"}},
      {"selu", "Selu", 6, {"alpha", "gamma"}},
      {"celu", "Celu", 12, {"alpha"}},
      {"sigmoid", "Sigmoid", 13, {}},
      {"hard_sigmoid", "HardSigmoid", 6, {"alpha", "beta"}},
      {"hard_swish", "HardSwish", 14, {}},
      {"silu", "Sigmoid", 13, {}, translate_silu},
      {"tanh", "Tanh", 13, {}},
      {"gelu", "Gelu", 20, {"approximate"}},
      {"softplus", "Softplus", 1, {}},
      {"softsign", "Softsign", 1, {}},
      {"mish", "Mish", 18, {}},
      {"thresholded_relu", "ThresholdedRelu", 10, {"alpha"}},
      {"exp", "Exp", 13, {}},
      {"log", "Log", 13, {}},
      {"sqrt", "Sqrt", 13, {}},
      {"reciprocal", "Reciprocal", 13, {}},
      {"abs", "Abs", 13, {}},
      {"neg", "Neg", 13, {}},
      {"floor", "Floor", 13, {}},
      {"ceil", "Ceil", 13, {}},
      {"round", "Round", 11, {}},
      {"erf", "Erf", 13, {}},
      {"sign", "Sign", 13, {}},
      {"sin", "Sin", 7, {}},
      {"cos", "Cos", 7, {}},
      {"tan", "Tan", 7, {}},
      {"asin", "Asin", 7, {}},
      {"acos", "Acos", 7, {}},
      {"atan", "Atan", 7, {}},
      {"sinh", "Sinh", 9, {}},
      {"cosh", "Cosh", 9, {}},
      {"asinh", "Asinh", 9, {}},
      {"acosh", "Acosh", 9, {}},
      {"atanh", "Atanh", 9, {}},
      {"not", "Not", 1, {}},
      {"is_nan", "IsNaN", 13, {}},
      {"is_inf", "IsInf", 10, {"detect_positive", "detect_negative"}},
      {"bitwise_not", "BitwiseNot", 18, {}},
      // Functions of several tensors
      {"add", "Add", 13, {}},
      {"sub", "Sub", 13, {}},
      {"mul", "Mul", 13, {}},
      {"div", "Div", 13, {}},
      {"pow", "Pow", 13, {}},
      {"mod", "Mod", 13, {"fmod"}},
      {"min", "Min", 13, {}},
      {"max", "Max", 13, {}},
      {"mean", "Mean", 13, {}},
      {"sum", "Sum", 13, {}},
      {"prelu", "PRelu", 9, {}},
      {"equal", "Equal", 13, {}},
      {"less", "Less", 13, {}},
      {"less_or_equal", "LessOrEqual", 12, {}},
      {"greater", "Greater", 13, {}},
      {"greater_or_equal", "GreaterOrEqual", 12, {}},
      {"and", "And", 7, {}},
      {"or", "Or", 7, {}},
      {"xor", "Xor", 7, {}},
      {"bitwise_and", "BitwiseAnd", 18, {}},
      {"bitwise_or", "BitwiseOr", 18, {}},
      {"bitwise_xor", "BitwiseXor", 18, {}},
      {"bit_shift", "BitShift", 11, {"direction"}},
      {"where", "Where", 9, {}},
      // Shape and movement
      {"reshape", "Reshape", 13, {}, translate_reshape},
      {"transpose", "Transpose", 13, {"perm"}},
      {"concat", "Concat", 13, {"axis"}},
      {"split", "Split", 13, {}, translate_split},
      {"slice", "Slice", 13, {}, translate_slice},
      {"pad", "Pad", 13, {}, translate_pad},
      {"expand", "Expand", 13, {}, translate_expand},
      {"tile", "Tile", 13, {}, translate_tile},
      {"gather", "Gather", 13, {"axis"}},
      {"gather_elements", "GatherElements", 13, {"axis"}},
      {"gather_nd", "GatherND", 13, {"batch_dims"}},
      {"scatter_elements", "ScatterElements", 13, {"axis", "reduction"}},
      {"scatter_nd", "ScatterND", 13, {"reduction"}},
      {"depth_to_space", "DepthToSpace", 13, {"block=blocksize", "mode"}},
      {"space_to_depth", "SpaceToDepth", 13, {"block=blocksize"}},
      {"cast", "Cast", 13, {}, translate_cast},
      {"identity", "Identity", 13, {}},
      {"top_k", "TopK", 11, {}, translate_top_k},
      {"arg_max", "ArgMax", 13, {"axis", "keepdims", "select_last=select_last_index"}},
      {"arg_min", "ArgMin", 13, {"axis", "keepdims", "select_last=select_last_index"}},
      {"reduce_mean", "ReduceMean", 13, {}, translate_reduce},
      {"reduce_sum", "ReduceSum", 13, {}, translate_reduce},
      {"reduce_max", "ReduceMax", 13, {}, translate_reduce},
      {"reduce_min", "ReduceMin", 13, {}, translate_reduce},
      {"reduce_prod", "ReduceProd", 13, {}, translate_reduce},
      {"reduce_l1", "ReduceL1", 13, {}, translate_reduce},
      {"reduce_l2", "ReduceL2", 13, {}, translate_reduce},
      {"reduce_log_sum", "ReduceLogSum", 13, {}, translate_reduce},
      {"reduce_log_sum_exp", "ReduceLogSumExp", 13, {}, translate_reduce},
      {"reduce_sum_square", "ReduceSumSquare", 13, {}, translate_reduce},
      {"cum_sum", "CumSum", 11, {}, translate_cum_sum},
      {"one_hot", "OneHot", 11, {}, translate_one_hot},
      {"trilu", "Trilu", 14, {}, translate_trilu},
      {"reverse_sequence", "ReverseSequence", 10, {}, translate_reverse_sequence},
      {"softmax", "Softmax", 13, {"axis"}},
      {"log_softmax", "LogSoftmax", 13, {"axis"}},
      {"hardmax", "Hardmax", 13, {"axis"}},
      // Detection
      {"heatmap_peaks", "Loop", 16, {}, translate_heatmap_peaks},
      {"decode_centers", "TopK", 13, {}, translate_decode_centers},
      {"decode_anchors", "Exp", 13, {}, translate_decode_anchors},
      {"decode_points", "Concat", 13, {}, translate_decode_points},
      {"select_detections", "NonMaxSuppression", 13, {}, translate_select_detections},
      {"non_max_suppression", "NonMaxSuppression", 13, {}, translate_non_max_suppression},
      // Quantization operators
      {"quantize", "QuantizeLinear", 13, {}, translate_quantize},
      {"dequantize", "DequantizeLinear", 13, {"axis"}},
      {"dynamic_quantize", "DynamicQuantizeLinear", 11, {}},
      {"conv_integer", "ConvInteger", 10, {}, translate_conv_integer},
      {"matmul_integer", "MatMulInteger", 10, {}},
  };
  return list;
}

const Row* find_row(std::string_view op) {
  const auto it = std::find_if(rows().begin(), rows().end(), [&](const Row& row) { return row.op == op; });
  return it == rows().end() ? nullptr : &*it;
}

bool has_other_than(const Ints& values, int64_t usual) {
  return std::any_of(values.begin(), values.end(), [&](int64_t v) { return v != usual; });
}

/// Where an attribute or type asks for more than the operator's first version.
int64_t opset_of_details(const OpCall& call) {
  const std::string_view name = call.op.name;
  if (name == "average_pool") return has_other_than(call.get_ints("dilations"), 1) ? 19 : 11;
  if (name == "pad") return call.get_string("mode") == "wrap" ? 19 : 13;
  if (name == "reshape") return std::ranges::count(call.get_ints("shape"), 0) > 0 ? 14 : 13;  // allowzero
  if (name == "resize") return resize_opset(call);
  if (name.starts_with("scatter")) {
    const std::string& reduction = call.get_string("reduction");
    return reduction == "max" || reduction == "min" ? 18 : reduction == "none" ? 13 : 16;
  }
  if (name.starts_with("reduce_") && name != "reduce_sum" && call.get_ints("axes").empty()) return 18;  // noop_with_empty_axes
  if (name == "reduce_max" || name == "reduce_min") return call.dtype(0) == DType::boolean ? 20 : 13;
  if (name == "quantize") return size_of(parse_dtype(call.get_string("to"))) > 1 ? 21 : 13;
  if (name == "dequantize") return size_of(call.dtype(0)) == 2 ? 21 : 13;
  return 0;
}

}  // namespace

std::string Translation::ints(const std::string& what, const Ints& values) {
  return scribe.constant(node() + "/" + what, Tensor::from<int64_t>({static_cast<int64_t>(values.size())}, values));
}

Attribute attribute_of(const OpCall& call, std::string_view name) {
  if (const auto it = call.attributes.find(name); it != call.attributes.end()) return it->second;
  for (const AttributeSpec& spec : call.op.attributes)
    if (spec.name == name) return spec.example;
  call.fail("attribute {} is missing", name);
}

bool has_translation(std::string_view op) { return find_row(op) != nullptr; }

int64_t opset_of(const OpCall& call) {
  const Row* row = find_row(call.op.name);
  return row == nullptr ? 0 : std::max(row->opset, opset_of_details(call));
}

void translate(Translation& t) {
  const Row* row = find_row(t.call.op.name);
  if (row == nullptr) t.call.fail("ONNX has no such operator");
  if (row->translate != nullptr) return row->translate(t);
  Attributes attributes;
  for (const std::string_view pair : row->attributes) {
    const size_t split = pair.find('=');
    const std::string_view ours = pair.substr(0, split), theirs = split == std::string_view::npos ? ours : pair.substr(split + 1);
    attributes[std::string(theirs)] = attribute_of(t.call, ours);
  }
  t.plain(std::string(row->type), std::move(attributes));
}

}  // namespace galet::exporters
