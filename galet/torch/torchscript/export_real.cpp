// Operators on real numbers.
#include <algorithm>
#include <cmath>
#include <map>

#include "galet/ops/activation.h"
#include "galet/torch/torchscript/export_context.h"

namespace galet::torch {
namespace {

struct Real {
  ExportContext& x;
  NodeId id;
  const Node& node = x.graph.node(id);
  const OpCall call = x.graph.call(id);
  std::string_view op = node.op->name;

  Handle operand(size_t i) { return x.real(node.operands.at(i)); }
  Argument optional(size_t i) { return i < node.operands.size() && node.operands[i].valid() ? Argument(operand(i)) : Argument(); }
  Handle insert(const std::string& what, const std::vector<Argument>& arguments) { return x.scribe.insert(what, arguments); }
  double number(std::string_view name) { return static_cast<double>(call.get_float(name)); }

  Handle activate(Handle y) {
    const ops::ActivationRange range = ops::activation_range(call);
    if (call.get_string("activation") == "relu") return insert("aten::relu", {y});
    if (!std::isinf(range.min) || !std::isinf(range.max)) return clamp(y, range.min, range.max);
    return y;
  }
  Handle clamp(Handle y, float min, float max) {
    Argument low, high;
    if (!std::isinf(min)) low = static_cast<double>(min);
    if (!std::isinf(max)) high = static_cast<double>(max);
    return insert("aten::clamp", {y, low, high});
  }
  Handle weighted();
  Handle normalised();
  Handle combined();
  Handle reduced();
  Handle function();
  Handle average();
};

Handle Real::weighted() {
  if (op == "linear") return activate(insert("aten::linear", {operand(0), operand(1), optional(2)}));
  if (op == "matmul") return insert("aten::matmul", {operand(0), operand(1)});
  if (op != "conv2d" && op != "conv_transpose2d") return nullptr;
  const Ints& pads = call.get_ints("pads");
  Handle src = operand(0);
  Ints both{pads[0], pads[1]};
  const bool even = pads[0] == pads[2] && pads[1] == pads[3];
  if (op == "conv_transpose2d") {
    if (!even) return nullptr;
    return activate(insert("aten::conv_transpose2d", {src, operand(1), optional(2), call.get_ints("strides"), both,
                                                      call.get_ints("output_padding"), call.get_int("group"), call.get_ints("dilations")}));
  }
  if (!even) src = insert("aten::constant_pad_nd", {src, Ints{pads[1], pads[3], pads[0], pads[2]}, 0.0}), both = {0, 0};
  return activate(insert(
      "aten::conv2d", {src, operand(1), optional(2), call.get_ints("strides"), both, call.get_ints("dilations"), call.get_int("group")}));
}

Handle Real::normalised() {
  if (op == "batch_norm")
    return insert("aten::batch_norm", {operand(0), operand(1), operand(2), operand(3), operand(4), false, 0.1, number("epsilon"), false});
  if (op == "instance_norm")
    return insert("aten::instance_norm",
                  {operand(0), operand(1), operand(2), std::monostate{}, std::monostate{}, true, 0.0, number("epsilon"), false});
  if (op == "group_norm")
    return insert("aten::group_norm", {operand(0), call.get_int("groups"), operand(1), operand(2), number("epsilon"), false});
  if (op == "layer_norm" && call.get_int("statistics") == 0) {
    const int64_t axis = call.get_int("axis"), rank = static_cast<int64_t>(call.rank(0));
    const Ints shape(call.shape(0).begin() + (axis < 0 ? axis + rank : axis), call.shape(0).end());
    return insert("aten::layer_norm", {operand(0), shape, optional(1), optional(2), number("epsilon"), false});
  }
  if (op == "softmax" || op == "log_softmax")
    return insert("aten::" + std::string(op), {operand(0), call.get_int("axis"), std::monostate{}});
  return nullptr;
}

Handle Real::combined() {
  static const std::map<std::string_view, std::string> two{
      {"mul", "mul"},         {"div", "div"},          {"pow", "pow"},    {"equal", "eq"},
      {"less", "lt"},         {"less_or_equal", "le"}, {"greater", "gt"}, {"greater_or_equal", "ge"},
      {"and", "logical_and"}, {"or", "logical_or"},    {"prelu", ""}};
  if (op == "add" || op == "sub") {
    const Handle y = insert("aten::" + std::string(op), {operand(0), operand(1)});
    return op == "add" ? activate(y) : y;
  }
  if (op == "prelu") {
    const Handle zero = insert("aten::clamp", {operand(0), std::monostate{}, 0.0});
    return insert("aten::add", {insert("aten::relu", {operand(0)}), insert("aten::mul", {zero, operand(1)})});
  }
  if (const auto found = two.find(op); found != two.end()) return insert("aten::" + found->second, {operand(0), operand(1)});
  if (op == "max" || op == "min" || op == "sum" || op == "mean") {
    Handle y = operand(0);
    for (size_t i = 1; i < node.operands.size(); ++i)
      y = op == "max"   ? insert("aten::maximum", {y, operand(i)})
          : op == "min" ? insert("aten::minimum", {y, operand(i)})
                        : insert("aten::add", {y, operand(i)});
    return op == "mean" ? insert("aten::div", {y, static_cast<double>(node.operands.size())}) : y;
  }
  if (op == "where") return insert("aten::where", {operand(0), operand(1), operand(2)});
  if (op == "concat") {
    std::vector<Handle> parts;
    for (size_t i = 0; i < node.operands.size(); ++i) parts.push_back(operand(i));
    return insert("aten::cat", {parts, call.get_int("axis")});
  }
  if (op == "gather" && call.rank(1) == 1)
    return insert("aten::index_select", {operand(0), call.get_int("axis"), insert("aten::to", {operand(1), int64_t{4}, false, false})});
  return nullptr;
}

Handle Real::reduced() {
  static const std::map<std::string_view, std::string> plain{
      {"reduce_max", "amax"}, {"reduce_min", "amin"}, {"reduce_log_sum_exp", "logsumexp"}};
  if (op == "arg_max" || op == "arg_min") {
    if (call.get_int("select_last") != 0) return nullptr;
    return insert(op == "arg_max" ? "aten::argmax" : "aten::argmin", {operand(0), call.get_int("axis"), call.get_int("keepdims") != 0});
  }
  if (op == "reduce_mean" || op == "reduce_sum")
    return insert(op == "reduce_mean" ? "aten::mean" : "aten::sum", {operand(0), call.get_ints("axes"), call.get_int("keepdims") != 0});
  if (const auto found = plain.find(op); found != plain.end())
    return insert("aten::" + found->second, {operand(0), call.get_ints("axes"), call.get_int("keepdims") != 0});
  if (op == "reduce_l1" || op == "reduce_l2")
    return insert("aten::norm", {operand(0), op == "reduce_l1" ? 1.0 : 2.0, call.get_ints("axes"), call.get_int("keepdims") != 0});
  return nullptr;
}

Handle Real::average() {
  if (op == "global_average_pool") {
    Ints axes;
    for (int64_t i = 2; i < static_cast<int64_t>(call.rank(0)); ++i) axes.push_back(i);
    return insert("aten::mean", {operand(0), axes, true});
  }
  if (op != "average_pool") return nullptr;
  const Ints& pads = call.get_ints("pads");
  if (pads[0] != pads[2] || pads[1] != pads[3] || call.get_ints("dilations") != Ints{1, 1}) return nullptr;
  return insert("aten::avg_pool2d", {operand(0), call.get_ints("kernel"), call.get_ints("strides"), Ints{pads[0], pads[1]},
                                     call.get_int("ceil_mode") != 0, call.get_int("count_include_pad") != 0, std::monostate{}});
}

Handle Real::function() {
  static const std::map<std::string_view, std::string> same{{"relu", "relu"},
                                                            {"sigmoid", "sigmoid"},
                                                            {"hard_swish", "hardswish"},
                                                            {"silu", "silu"},
                                                            {"tanh", "tanh"},
                                                            {"selu", "selu"},
                                                            {"mish", "mish"},
                                                            {"exp", "exp"},
                                                            {"log", "log"},
                                                            {"sqrt", "sqrt"},
                                                            {"reciprocal", "reciprocal"},
                                                            {"abs", "abs"},
                                                            {"neg", "neg"},
                                                            {"floor", "floor"},
                                                            {"ceil", "ceil"},
                                                            {"round", "round"},
                                                            {"erf", "erf"},
                                                            {"sign", "sign"},
                                                            {"sin", "sin"},
                                                            {"cos", "cos"},
                                                            {"tan", "tan"},
                                                            {"not", "logical_not"}};
  if (const auto found = same.find(op); found != same.end()) return insert("aten::" + found->second, {operand(0)});
  if (op == "clip")
    return clamp(operand(0), call.has_attribute("min") ? call.get_float("min") : -INFINITY,
                 call.has_attribute("max") ? call.get_float("max") : INFINITY);
  if (op == "leaky_relu") return insert("aten::leaky_relu", {operand(0), number("alpha")});
  if (op == "elu") return insert("aten::elu", {operand(0), number("alpha"), 1.0, 1.0});
  if (op == "celu") return insert("aten::celu", {operand(0), number("alpha")});
  if (op == "softplus") return insert("aten::softplus", {operand(0), 1.0, 20.0});
  if (op == "gelu" && call.get_string("approximate") == "none") return insert("aten::gelu", {operand(0)});
  if (op == "hard_sigmoid") {
    if (std::abs(call.get_float("alpha") - 1.0f / 6) < 1e-6f && call.get_float("beta") == 0.5f)
      return insert("aten::hardsigmoid", {operand(0)});
    return clamp(insert("aten::add", {insert("aten::mul", {operand(0), number("alpha")}), number("beta")}), 0, 1);
  }
  static const std::map<std::string, int64_t> types{{"f32", 6}, {"f64", 7}, {"i64", 4}, {"i32", 3}, {"u8", 0}, {"i8", 1}, {"bool", 11}};
  if (op == "cast") {
    if (const auto type = types.find(call.get_string("to")); type != types.end())
      return insert("aten::to", {operand(0), type->second, false, false});
  }
  return nullptr;
}

}  // namespace

bool export_real(ExportContext& x, NodeId id) {
  Real real{x, id};
  if (real.op == "split") {
    int64_t begin = 0;
    const int64_t axis = real.call.get_int("axis");
    for (size_t i = 0; i < real.node.results.size(); ++i) {
      const int64_t size = real.call.get_ints("sizes")[i];
      x.define_real(real.node.results[i], x.scribe.insert("aten::slice", {real.operand(0), axis, begin, begin + size}));
      begin += size;
    }
    return true;
  }
  Handle y = real.weighted();
  if (y == nullptr) y = real.normalised();
  if (y == nullptr) y = real.combined();
  if (y == nullptr) y = real.reduced();
  if (y == nullptr) y = real.average();
  if (y == nullptr) y = real.function();
  if (y == nullptr && !real.node.operands.empty()) y = moved(x, id, real.operand(0), false);
  if (y == nullptr) return false;
  x.define_real(real.node.results[0], y);
  return true;
}

}  // namespace galet::torch
