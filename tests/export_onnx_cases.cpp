// Writes small networks as ONNX together with inputs and the outputs that galet's references give, for tests/export_onnx_test.py to run in
// ONNX Runtime. export_onnx_cases DIR: DIR/CASE.onnx, DIR/CASE.in0.TYPE.SHAPE, DIR/CASE.out0.TYPE.SHAPE (raw elements). Quantized cases are
// named int8_*, dynamic_*: their outputs are codes where the network's are.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <map>
#include <tuple>

#include "galet/core/file.h"
#include "galet/core/random.h"
#include "galet/exporters/onnx/onnx.h"
#include "galet/ir/rewriter.h"
#include "galet/ops/ops.h"
#include "galet/runtime/codes.h"
#include "galet/runtime/session.h"

using namespace galet;

namespace {

std::string out_dir;

Tensor random_tensor(Shape shape, uint64_t seed, double low = -1, double high = 1) {
  Random random(seed);
  Tensor tensor(DType::f32, std::move(shape));
  float* data = tensor.mutable_data<float>();
  for (int64_t i = 0; i < tensor.size(); ++i) data[i] = static_cast<float>(random.uniform(low, high));
  return tensor;
}

/// Builds a network of calls; the first operand of each call is what the last one gave.
class Net {
 public:
  explicit Net(Shape input) { last_ = graph.add_input("x", DType::f32, std::move(input)); }
  Graph graph;

  ValueId last() const { return last_; }
  ValueId constant(Tensor data) { return graph.add_constant("c" + std::to_string(seed_++), std::move(data)); }
  ValueId random(Shape shape, double low = -1, double high = 1) {
    return constant(random_tensor(std::move(shape), 100 + static_cast<uint64_t>(seed_), low, high));
  }
  Net& call(const char* op, Attributes attributes = {}, std::vector<ValueId> others = {}) {
    others.insert(others.begin(), last_);
    return call_with(op, std::move(attributes), std::move(others));
  }
  Net& call_with(const char* op, Attributes attributes, std::vector<ValueId> operands) {
    last_ = graph.result(
        graph.add_node(ops::get(op), std::string(op) + "_" + std::to_string(seed_++), std::move(operands), std::move(attributes)));
    return *this;
  }
  Net& conv(int64_t out, int64_t kernel, Attributes attributes = {}, int64_t group = 1) {
    const int64_t in = graph.value(last_).shape[1];
    attributes["group"] = group;
    const ValueId w = random({out, in / group, kernel, kernel}), b = random({out});
    return call("conv2d", std::move(attributes), {w, b});
  }
  Net& linear(int64_t out, Attributes attributes = {}) {
    const ValueId w = random({out, graph.value(last_).shape.back()}), b = random({out});
    return call("linear", std::move(attributes), {w, b});
  }

 private:
  ValueId last_;
  int seed_ = 0;
};

void save(const std::string& name, const char* kind, size_t i, const Tensor& tensor) {
  std::string shape;
  for (const int64_t extent : tensor.shape()) shape += (shape.empty() ? "" : "x") + std::to_string(extent);
  write_file(fmt::format("{}/{}.{}{}.{}.{}", out_dir, name, kind, i, to_string(tensor.dtype()), shape.empty() ? "scalar" : shape),
             std::span(tensor.bytes(), tensor.byte_size()));
}

void finish(const std::string& name, Graph& graph, int64_t images) {
  verify(graph);
  exporters::export_onnx(graph, out_dir + "/" + name + ".onnx");
  std::vector<Tensor> inputs;
  for (size_t i = 0; i < graph.inputs().size(); ++i) {
    Shape shape = graph.value(graph.inputs()[i]).shape;
    shape[0] *= images;
    inputs.push_back(random_tensor(shape, 7 + i, -2, 2));
    save(name, "in", i, inputs.back());
  }
  runtime::SessionOptions options;
  options.reference = true;
  const std::vector<Tensor> outputs = runtime::Session(graph, options).run_codes(inputs);
  for (size_t i = 0; i < outputs.size(); ++i) save(name, "out", i, outputs[i]);
}

void real(const std::string& name, Net net, int64_t images = 3) {
  net.graph.add_output(net.last());
  finish(name, net.graph, images);
}

// --- quantized by hand: ranges from one batch
// -------------------------------------------------------------------------------------------------

QuantSpec spec_of(float low, float high) {
  QuantSpec spec;
  low = std::min(low, 0.0f), high = std::max(high, 1e-3f);
  spec.scales = {(high - low) / 255};
  spec.zero_points = {static_cast<int32_t>(std::clamp(std::nearbyint(-low / spec.scales[0]), 0.0f, 255.0f))};
  return spec;
}

void quantize_weights(Rewriter& rewriter, NodeId id, bool dynamic) {
  const Graph& graph = rewriter.graph();
  const Node& node = graph.node(id);
  const Value weight = graph.value(node.operands[1]);
  QuantSpec spec{DType::i8, -127, 127, node.op->name == "conv_transpose2d" || node.op->name == "matmul" ? 1 : 0, {}, {}};
  const auto axis = static_cast<size_t>(spec.axis);
  const int64_t channels = weight.shape[axis], inner = count(weight.shape, axis + 1, weight.shape.size());
  std::vector<float> most(static_cast<size_t>(channels), 1e-6f);
  for (int64_t i = 0; i < weight.constant.size(); ++i) {
    float& m = most[static_cast<size_t>(i / inner % channels)];
    m = std::max(m, std::fabs(weight.constant.data<float>()[i]));
  }
  for (const float m : most) spec.scales.push_back(m / 127);
  spec.zero_points.assign(most.size(), 0);
  rewriter.set_quant(node.operands[1], spec);
  rewriter.set_constant(node.operands[1], runtime::quantize_tensor(weight.constant, spec));
  if (dynamic || node.operands.size() < 3) return;
  const Tensor bias = graph.value(node.operands[2]).constant;
  QuantSpec bias_spec{DType::i32, INT32_MIN, INT32_MAX, 0, {}, {}};
  Tensor codes(DType::i32, bias.shape());
  for (size_t c = 0; c < spec.scales.size(); ++c) {
    bias_spec.scales.push_back(graph.value(node.operands[0]).quant->scales[0] * spec.scales[c]);
    codes.mutable_data<int32_t>()[c] = static_cast<int32_t>(std::nearbyint(bias.data<float>()[c] / bias_spec.scales[c]));
  }
  bias_spec.zero_points.assign(spec.scales.size(), 0);
  rewriter.set_quant(node.operands[2], bias_spec);
  rewriter.set_constant(node.operands[2], codes);
}

void quantize(Graph& graph) {
  std::map<ValueId, std::pair<float, float>> ranges;
  std::vector<Tensor> inputs;
  for (size_t i = 0; i < graph.inputs().size(); ++i) inputs.push_back(random_tensor(graph.value(graph.inputs()[i]).shape, 7 + i, -2, 2));
  runtime::SessionOptions options;
  options.reference = true;
  runtime::Session(graph, options).run_visiting(inputs, runtime::Visit::real, [&](ValueId id, const Tensor& tensor) {
    if (tensor.dtype() != DType::f32) return;
    const auto [low, high] = std::minmax_element(tensor.span<float>().begin(), tensor.span<float>().end());
    ranges[id] = {*low, *high};
  });
  Rewriter rewriter(graph);
  for (const auto& [id, range] : ranges) rewriter.set_quant(id, spec_of(range.first, range.second));
  for (const NodeId id : graph.order()) {
    const Node& node = graph.node(id);
    const std::string_view name = node.op->name;
    if (node.op->quant == QuantTrait::same_spec || name == "concat" || (name == "resize" && graph.call(id).get_string("mode") == "nearest"))
      for (const ValueId result : node.results) rewriter.set_quant(result, graph.value(node.operands[0]).quant);
    if (node.op->quant == QuantTrait::weighted) {
      quantize_weights(rewriter, id, false);
      continue;
    }
    for (const ValueId operand : node.operands)
      if (const Value value = graph.value(operand); value.is_constant() && value.dtype == DType::f32 && !value.quant) {
        const auto [low, high] = std::minmax_element(value.constant.span<float>().begin(), value.constant.span<float>().end());
        const QuantSpec spec = spec_of(*low, *high);
        rewriter.set_quant(operand, spec);
        rewriter.set_constant(operand, runtime::quantize_tensor(value.constant, spec));
      }
  }
}

void int8(const std::string& name, Net net, int64_t images = 3) {
  net.graph.add_output(net.last());
  quantize(net.graph);
  finish("int8_" + name, net.graph, images);
}

/// The network on 8-bit codes, with its weights on `weights` and its activations on `activations`: codebooks, or the two ends of a range.
void few_codes(const std::string& name, Net net, const std::vector<int32_t>& weights, const std::vector<int32_t>& activations) {
  net.graph.add_output(net.last());
  quantize(net.graph);
  const auto use = [](QuantSpec& spec, const std::vector<int32_t>& codes) {
    spec.qmin = codes.front(), spec.qmax = codes.back();
    if (codes.size() > 2) spec.levels = codes;
  };
  Rewriter rewriter(net.graph);
  for (const ValueId id : net.graph.values()) {
    const Value value = net.graph.value(id);
    if (!value.quant) continue;
    QuantSpec spec = *value.quant;
    const auto coarser = static_cast<float>(127.0 / weights.back());
    if (spec.storage == DType::u8) use(spec, activations);
    if (spec.storage != DType::u8)
      for (float& scale : spec.scales) scale *= coarser;
    if (spec.storage == DType::i8) use(spec, weights);
    if (value.is_constant() && spec.storage != DType::u8) {
      const Tensor real = runtime::dequantize_tensor(value.constant, *value.quant);
      rewriter.set_constant(id, runtime::quantize_tensor(real, spec));
    }
    rewriter.set_quant(id, spec);
  }
  finish("int8_few_" + name, net.graph, 3);
}

/// The same operator between many random pairs of specs, as separate inputs and outputs of one network.
template <typename F>
void sweep(const std::string& name, F call, const Shape& shape = {1, 8, 8, 10}) {
  Graph graph;
  for (int k = 0; k < 24; ++k) graph.add_output(call(graph, graph.add_input("x" + std::to_string(k), DType::f32, shape)));
  quantize(graph);
  Random random(5);
  Rewriter rewriter(graph);
  for (const ValueId id : graph.values()) {
    if (graph.value(id).is_constant()) continue;
    QuantSpec spec = *graph.value(id).quant;
    spec.scales[0] *= static_cast<float>(random.uniform(0.4, 1.2));
    spec.zero_points[0] = std::clamp(spec.zero_points[0] + static_cast<int32_t>(random.below(61)) - 30, 0, 255);
    rewriter.set_quant(id, spec);
  }
  finish("int8_sweep_" + name, graph, 1);
}

ValueId add_node(Graph& graph, std::string_view op, std::vector<ValueId> operands, Attributes attributes = {}) {
  return graph.result(graph.add_node(ops::get(op), std::string(op), std::move(operands), std::move(attributes)));
}

void dynamic(const std::string& name, Net net) {
  net.graph.add_output(net.last());
  Rewriter rewriter(net.graph);
  for (const NodeId id : net.graph.order()) {
    if (net.graph.node(id).op->quant != QuantTrait::weighted) continue;
    QuantSpec spec;
    spec.dynamic = true;
    rewriter.set_quant(net.graph.node(id).operands[0], spec);
    quantize_weights(rewriter, id, true);
  }
  finish("dynamic_" + name, net.graph, 1);
}

const Attribute kRelu = std::string("relu"), kClip = std::string("clip");
const Shape kImage{1, 8, 9, 11};

Net image() { return Net(kImage); }

Attributes pool(Ints kernel, Ints strides, Ints pads) {
  return {{"kernel", std::move(kernel)}, {"strides", std::move(strides)}, {"pads", std::move(pads)}};
}

void real_weighted() {
  real("conv2d",
       image().conv(6, 3, {{"pads", Ints{1, 0, 2, 1}}, {"strides", Ints{2, 1}}, {"dilations", Ints{1, 2}}, {"activation", kRelu}}));
  real("conv2d_group", image().conv(8, 3, {{"activation", kClip}, {"clip_min", -0.5f}, {"clip_max", 0.75f}}, 4));
  real("linear", Net({1, 20}).linear(7, {{"activation", kRelu}}));
  real("linear_rank3", Net({1, 5, 20}).linear(7));
  {
    Net net({1, 4, 5});
    const ValueId w = net.random({5, 6});
    real("matmul", net.call("matmul", {}, {w}));
  }
  if (ops::find("conv_transpose2d") != nullptr) {
    Net net = image();
    const ValueId w = net.random({8, 3, 3, 3}), b = net.random({6});
    net.call("conv_transpose2d",
             {{"group", int64_t{2}}, {"strides", Ints{2, 2}}, {"pads", Ints{1, 1, 1, 1}}, {"output_padding", Ints{1, 0}}}, {w, b});
    real("conv_transpose2d", std::move(net));
  }
}

void real_pools() {
  real("max_pool", image().call("max_pool", pool({3, 3}, {2, 2}, {1, 1, 1, 1})));
  Attributes ceil = pool({3, 2}, {2, 2}, {0, 0, 1, 0});
  ceil["ceil_mode"] = int64_t{1};
  real("max_pool_ceil", image().call("max_pool", ceil));
  real("average_pool", image().call("average_pool", pool({3, 3}, {2, 2}, {1, 1, 1, 1})));
  Attributes whole = pool({3, 3}, {2, 2}, {1, 1, 1, 1});
  whole["count_include_pad"] = int64_t{1};
  real("average_pool_whole", image().call("average_pool", whole));
  real("global_average_pool", image().call("global_average_pool"));
  real("global_max_pool", image().call("global_max_pool"));
  Net net = image();
  const ValueId scale = net.random({8}), shift = net.random({8}), mean = net.random({8}), var = net.random({8}, 0.1, 2);
  real("batch_norm", net.call("batch_norm", {{"epsilon", 1e-3f}}, {scale, shift, mean, var}));
  if (ops::find("group_norm") != nullptr) {
    Net group = image();
    const ValueId s = group.random({8}), b = group.random({8});
    real("group_norm", group.call("group_norm", {{"groups", int64_t{2}}}, {s, b}));
    Net instance = image();
    const ValueId s2 = instance.random({8}), b2 = instance.random({8});
    real("instance_norm", instance.call("instance_norm", {}, {s2, b2}));
    Net layer({1, 5, 6});
    const ValueId s3 = layer.random({6});
    real("layer_norm", layer.call("layer_norm", {}, {s3}));
    real("lrn", image().call("lrn", {{"size", int64_t{3}}}));
    real("lp_normalization", image().call("lp_normalization", {{"axis", int64_t{1}}}));
  }
  if (ops::find("resize") == nullptr) return;
  const auto resize = [](const char* mode, const char* coordinates, Ints sizes) {
    return image().call("resize", {{"sizes", std::move(sizes)}, {"mode", std::string(mode)}, {"coordinates", std::string(coordinates)}});
  };
  real("resize_nearest", resize("nearest", "asymmetric", {1, 8, 18, 22}));
  real("resize_linear", resize("linear", "half_pixel", {1, 8, 13, 7}));
  real("resize_cubic", resize("cubic", "half_pixel", {1, 8, 27, 33}));
  real("resize_corners", resize("linear", "align_corners", {1, 8, 5, 17}));
}

void real_pointwise() {
  for (const char* op : {"relu",    "leaky_relu",   "elu",        "selu",  "celu",
                         "sigmoid", "hard_sigmoid", "hard_swish", "silu",  "tanh",
                         "gelu",    "softplus",     "softsign",   "mish",  "thresholded_relu",
                         "exp",     "abs",          "neg",        "floor", "ceil",
                         "round",   "erf",          "sign",       "sin",   "cos",
                         "atan",    "reciprocal"})
    if (ops::find(op) != nullptr) real(op, image().call(op));
  for (const char* op : {"log", "sqrt"})
    if (ops::find(op) != nullptr) real(op, image().call("abs").call(op));
  real("clip", image().call("clip", {{"min", -0.5f}, {"max", 0.5f}}));
  for (const char* op : {"add", "sub", "mul", "div", "min", "max", "mean", "sum", "prelu"}) {
    if (ops::find(op) == nullptr) continue;
    Net net = image();
    const ValueId other = net.random({8, 1, 1}, 0.5, 2);
    real(op, net.call(op, {}, {other}));
  }
  Net both = image();
  real("add_itself", both.call("add", {{"activation", kRelu}}, {both.last()}));
  for (const char* op : {"softmax", "log_softmax", "hardmax"}) real(op, image().call(op, {{"axis", int64_t{1}}}));
}

void real_movement() {
  real("reshape", image().call("reshape", {{"shape", Ints{1, 72, 11}}}));
  real("reshape_rows", image().call("reshape", {{"shape", Ints{8, 99}}}));
  real("transpose", image().call("transpose", {{"perm", Ints{0, 2, 3, 1}}}));
  Net concat = image();
  real("concat", concat.call("concat", {{"axis", int64_t{1}}}, {concat.last()}));
  Net split = image();
  const NodeId parts = split.graph.add_node(ops::get("split"), "split", {split.last()}, {{"axis", int64_t{1}}, {"sizes", Ints{3, 5}}});
  split.graph.add_output(split.graph.result(parts, 1));
  real("split", split.call_with("relu", {}, {split.graph.result(parts, 0)}));
  real("slice", image().call("slice", {{"starts", Ints{6, 1}}, {"ends", Ints{-1, 9}}, {"axes", Ints{1, 3}}, {"steps", Ints{-2, 3}}}));
  for (const char* mode : {"constant", "reflect", "edge"})
    real(std::string("pad_") + mode,
         image().call("pad", {{"pads", Ints{0, 0, 1, 2, 0, 1, 3, 0}}, {"mode", std::string(mode)}, {"value", 0.5f}}));
  real("pad_wrap", image().call("pad", {{"pads", Ints{0, 0, 1, 2, 0, 0, 3, 0}}, {"mode", std::string("wrap")}}));
  real("expand", Net({1, 1, 4}).call("expand", {{"shape", Ints{1, 3, 4}}}));
  real("tile", image().call("tile", {{"repeats", Ints{1, 2, 1, 3}}}));
  Net gather = image();
  const ValueId rows = gather.constant(Tensor::from<int64_t>({2}, std::vector<int64_t>{-1, 2}));
  real("gather", gather.call("gather", {{"axis", int64_t{2}}}, {rows}));
  Net elements = image();
  const ValueId where = elements.constant(Tensor::from<int64_t>({1, 2, 1, 1}, std::vector<int64_t>{3, 0}));
  real("gather_elements", elements.call("gather_elements", {{"axis", int64_t{1}}}, {where}), 1);
  Net scatter = image();
  const ValueId updates = scatter.random({1, 2, 1, 1}),
                at = scatter.constant(Tensor::from<int64_t>({1, 2, 1, 1}, std::vector<int64_t>{3, 3}));
  real("scatter_elements", scatter.call("scatter_elements", {{"axis", int64_t{1}}, {"reduction", std::string("add")}}, {at, updates}), 1);
  real("depth_to_space", image().call("depth_to_space", {{"block", int64_t{2}}, {"mode", std::string("CRD")}}));
  real("space_to_depth", Net({1, 2, 4, 6}).call("space_to_depth", {{"block", int64_t{2}}}));
  real("cast", image().call("cast", {{"to", std::string("i32")}}));
  real("top_k", Net({1, 20}).call("top_k", {{"k", int64_t{4}}}));
  real("arg_max", image().call("arg_max", {{"axis", int64_t{1}}, {"keepdims", int64_t{0}}}));
  for (const char* op : {"reduce_mean", "reduce_sum", "reduce_max", "reduce_min", "reduce_prod", "reduce_l1", "reduce_l2",
                         "reduce_log_sum_exp", "reduce_sum_square"})
    real(op, Net({1, 3, 4, 5}).call(op, {{"axes", Ints{2, 3}}, {"keepdims", int64_t{0}}}));
  real("reduce_sum_late", Net({1, 3, 4}).call("mish").call("reduce_max", {{"axes", Ints{2}}}));
  real("cum_sum", Net({1, 5}).call("cum_sum", {{"axis", int64_t{1}}, {"exclusive", int64_t{1}}, {"reverse", int64_t{1}}}));
  real("trilu", Net({1, 4, 4}).call("trilu", {{"k", int64_t{-1}}, {"upper", int64_t{0}}}));
}

void quantized() {
  int8("conv", image().conv(6, 3, {{"pads", Ints{1, 1, 1, 1}}}));
  int8("conv_relu", image().conv(6, 3, {{"pads", Ints{0, 1, 2, 1}}, {"strides", Ints{2, 2}}, {"activation", kRelu}}).conv(8, 1));
  int8("conv_clip", image().conv(6, 3, {{"activation", kClip}}).conv(8, 1));
  int8("conv_clip_narrow", image().conv(6, 3, {{"activation", kClip}, {"clip_min", -0.5f}, {"clip_max", 0.5f}}).conv(8, 1));
  int8("depthwise", image().conv(8, 3, {{"pads", Ints{1, 1, 1, 1}}}, 8));
  int8("linear", Net({1, 40}).linear(7, {{"activation", kRelu}}).linear(5));
  int8("linear_rank3", Net({1, 5, 20}).linear(7));
  Net residual = image();
  residual.conv(8, 3, {{"pads", Ints{1, 1, 1, 1}}, {"activation", kRelu}});
  const ValueId skip = residual.last();
  residual.conv(8, 3, {{"pads", Ints{1, 1, 1, 1}}}).call("add", {{"activation", kRelu}}, {skip}).call("global_average_pool");
  for (const auto& [name, weights, activations] : std::vector<std::tuple<const char*, std::vector<int32_t>, std::vector<int32_t>>>{
           {"4_bits", {-7, 7}, {0, 200}},
           {"ternary", {-1, 0, 1}, {0, 85, 170, 255}},
           {"levels", {-127, -40, 40, 127}, {10, 100, 130, 240}}}) {
    Net net = residual;
    few_codes(name, net.call("reshape", {{"shape", Ints{1, 8}}}).linear(10), weights, activations);
  }
  int8("residual", residual.call("reshape", {{"shape", Ints{1, 8}}}).linear(10));
  Net squeeze = image();
  squeeze.conv(8, 3);
  const ValueId wide = squeeze.last();
  squeeze.call("global_average_pool").conv(8, 1).call("hard_sigmoid");
  int8("squeeze_excite", squeeze.call_with("mul", {}, {wide, squeeze.last()}));
  Net fire = image();
  fire.conv(8, 1, {{"activation", kRelu}});
  const ValueId narrow = fire.last();
  fire.conv(4, 1, {{"activation", kRelu}});
  const ValueId left = fire.last();
  fire.call_with("identity", {}, {narrow}).conv(4, 3, {{"pads", Ints{1, 1, 1, 1}}, {"activation", kRelu}});
  fire.call_with("concat", {{"axis", int64_t{1}}}, {left, fire.last()}).call("max_pool", pool({3, 3}, {2, 2}, {0, 0, 0, 0}));
  int8("fire", fire.conv(5, 1));
  int8("mean", image().conv(8, 1).call("reduce_mean", {{"axes", Ints{2, 3}}, {"keepdims", int64_t{0}}}).linear(4));
  int8("average_pool", image().conv(8, 1).call("average_pool", pool({3, 3}, {2, 2}, {1, 1, 1, 1})).conv(3, 1));
  int8("max_pool", image().call("max_pool", pool({3, 3}, {2, 2}, {1, 1, 1, 1})).conv(3, 1));
  int8("movement",
       image().conv(8, 1).call("pad", {{"pads", Ints{0, 0, 1, 1, 0, 0, 1, 1}}}).call("transpose", {{"perm", Ints{0, 1, 3, 2}}}).conv(3, 1));
  int8("shuffle", image()
                      .conv(8, 1)
                      .call("reshape", {{"shape", Ints{1, 2, 4, 9, 11}}})
                      .call("transpose", {{"perm", Ints{0, 2, 1, 3, 4}}})
                      .call("reshape", {{"shape", Ints{1, 8, 9, 11}}})
                      .conv(3, 1));
  if (ops::find("resize") != nullptr) {
    int8("resize_nearest",
         image()
             .conv(8, 1)
             .call("resize", {{"sizes", Ints{1, 8, 18, 22}}, {"coordinates", std::string("asymmetric")}, {"nearest", std::string("floor")}})
             .conv(3, 1));
    int8("resize_linear", image().conv(8, 1).call("resize", {{"sizes", Ints{1, 8, 18, 22}}, {"mode", std::string("linear")}}).conv(3, 1));
  }
  for (const char* op : {"hard_swish", "hard_sigmoid", "sigmoid", "tanh", "silu", "leaky_relu", "elu", "gelu", "softplus", "mish"})
    int8(std::string("table_") + op, image().conv(8, 1).call(op).conv(3, 1));
  Net sub = image();
  sub.conv(8, 1);
  const ValueId first = sub.last();
  sub.conv(8, 1).call_with("sub", {}, {first, sub.last()});
  int8("sub", sub.conv(3, 1));
  Net offset = image();
  offset.conv(8, 1);
  const ValueId shift = offset.random({8, 1, 1});
  int8("add_constant", offset.call("add", {}, {shift}).conv(3, 1));
  dynamic("conv", image()
                      .conv(6, 3, {{"pads", Ints{1, 1, 1, 1}}, {"activation", kRelu}})
                      .conv(8, 1)
                      .call("global_average_pool")
                      .call("reshape", {{"shape", Ints{1, 8}}})
                      .linear(5));
  dynamic("linear_rank3", Net({1, 5, 20}).linear(7));
}

/// Plateaus after rounding, ties, overlaps.
void real_detection() {
  for (const Shape& shape : {Shape{1, 3, 20, 24}, Shape{1, 2, 1, 40}, Shape{1, 1, 31, 17}})
    real(fmt::format("heatmap_peaks_{}", shape[3]), Net(shape).call("round").call("heatmap_peaks"), 1);
  Net centers({1, 3, 12, 9}), more = centers;
  const ValueId wh = centers.random({1, 2, 12, 9}, 0, 5), reg = centers.random({1, 2, 12, 9}), of_class = more.random({1, 6, 12, 9}, 0, 5);
  real("decode_centers", centers.call("round").call("decode_centers", {{"k", int64_t{200}}}, {wh, reg}), 1);
  real("decode_centers_6", more.call("round").call("decode_centers", {{"k", int64_t{50}}}, {of_class}), 1);
  Net anchors({1, 50, 4}), points({1, 50, 4}), nms({1, 90, 4});
  const ValueId corners = anchors.random({50, 4}, 0, 9), places = points.random({50, 2}, 0, 9), scores = nms.random({1, 3, 90}, 0, 1);
  real("decode_anchors", anchors.call("decode_anchors", {{"weights", Floats{10, 10, 5, 5}}, {"limit", .2f}}, {corners}), 1);
  real("decode_points", points.call("decode_points", {}, {places}), 1);
  Attributes some{{"max_per_class", int64_t{8}}, {"iou_threshold", .3f}, {"score_threshold", .6f}};
  real("non_max_suppression", nms.call("non_max_suppression", some, {scores}), 1);
  for (const std::string mode : {"class", "agnostic", "none"})
    for (const int64_t candidates : {0, 20}) {
      Net net({1, 90, 4});
      const ValueId two = net.random({1, 90, 4}, 0, 1);
      Attributes attributes{{"mode", mode}, {"candidates", candidates}, {"background", int64_t{1}}, {"k", int64_t{60}}};
      real(fmt::format("select_detections_{}_{}", mode, candidates), net.call("select_detections", attributes, {two}), 1);
    }
}

void sweeps() {
  for (const char* op : {"hard_swish", "hard_sigmoid", "sigmoid", "tanh", "silu", "leaky_relu", "elu", "gelu", "softplus", "mish", "relu",
                         "exp", "abs", "neg"})
    sweep(op, [&](Graph& graph, ValueId x) { return add_node(graph, op, {x}); });
  for (const char* op : {"add", "sub", "mul"})
    sweep(op, [&](Graph& graph, ValueId x) { return add_node(graph, op, {x, add_node(graph, "neg", {x})}); }, {1, 8, 64, 64});
  sweep("average_pool", [&](Graph& graph, ValueId x) { return add_node(graph, "average_pool", {x}, pool({3, 3}, {1, 1}, {1, 1, 1, 1})); });
  sweep("global_average_pool", [&](Graph& graph, ValueId x) { return add_node(graph, "global_average_pool", {x}); });
  sweep("concat", [&](Graph& graph, ValueId x) {
    return add_node(graph, "concat", {x, add_node(graph, "neg", {x})}, {{"axis", int64_t{1}}});
  });
  for (const char* mode : {"linear", "cubic"})
    sweep(std::string("resize_") + mode, [&](Graph& graph, ValueId x) {
      return add_node(graph, "resize", {x}, {{"sizes", Ints{1, 8, 16, 15}}, {"mode", std::string(mode)}});
    });
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return std::fprintf(stderr, "usage: export_onnx_cases DIR\n"), 2;
  out_dir = argv[1];
  try {
    real_weighted();
    real_pools();
    real_pointwise();
    real_movement();
    real_detection();
    quantized();
    sweeps();
  } catch (const std::exception& error) {
    return std::fprintf(stderr, "%s\n", error.what()), 1;
  }
  return 0;
}
